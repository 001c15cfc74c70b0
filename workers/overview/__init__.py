"""The overview: the state of a project on one page."""
