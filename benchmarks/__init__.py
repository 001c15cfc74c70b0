"""Figures: one module a bench, one JSON line a figure. `make bench NAME=line`."""
