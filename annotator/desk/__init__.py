"""The desk: where people answer."""
