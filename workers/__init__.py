"""WORKS: who is paid, human or machine, and what it costs."""
