"""The sample project, built by really running the line: pictures, simulated people who answer over HTTP, five versions."""
