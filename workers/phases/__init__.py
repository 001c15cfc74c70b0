"""Phases: what a project commits to at a time, what it costs, and the gate at its end."""
