"""Importing items: files are checked completely before anything is stored."""
