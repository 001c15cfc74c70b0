"""The overview: where a project stands, in one page."""
