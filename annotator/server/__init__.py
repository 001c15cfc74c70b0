"""The web server: connections, limits, and the gate that a large body must pass before it is stored."""
