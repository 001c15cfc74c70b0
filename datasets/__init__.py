"""CONCLUDES: what the answers add up to."""
