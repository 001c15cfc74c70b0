"""Projects that are over: archived, taken back, or deleted with everything that belongs to them."""
