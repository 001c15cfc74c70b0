"""Labels: what the answers about each item add up to."""
