"""The sample project, built by running the whole line: pictures, simulated people who answer over HTTP, five versions."""
