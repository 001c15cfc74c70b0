"""Money: where it came from, where it went, and what it bought."""
