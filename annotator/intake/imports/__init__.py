"""Imports of tables: a file is recognised, its columns are mapped, and a job imports it as a stream."""
