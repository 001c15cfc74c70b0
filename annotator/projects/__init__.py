"""Projects: creating and changing one, and whether new work may be asked for in it."""
