"""Tables: files of rows, one module per format.

Each module yields rows as `TableRow`: the number of the line, and its fields by name or why it cannot be read.
"""
