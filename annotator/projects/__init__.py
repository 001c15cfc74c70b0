"""Projects: how one is created, and whether new work may be asked for in it."""
