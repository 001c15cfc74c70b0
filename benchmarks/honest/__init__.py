"""Whether what the product states comes true: projects with a known truth, through the product's own functions.

`worlds` makes items with their true class, `crowds` makes people who answer about them, `projects` runs a project version by
version as the product does. Every generator is independent of the methods that are judged, and takes its seed by name.
"""
