#!/usr/bin/env python
"""Marginalia's command line."""

import os
import sys


def main() -> None:
    """Run a management command, starting the embedded database first for those that need it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    from annotator.server import postgres

    try:
        postgres.ensure_for_command(sys.argv)
    except postgres.DatabaseProblem as problem:
        sys.exit(f"marginalia: {problem}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
