"""ASKS: what is put to people, and what they answer."""
