"""A full disk: how it is told from other errors, and what people are told."""

import errno

from django.db import OperationalError

DATABASE_FULL = "53100"  # PostgreSQL's code
FULL = "The disk of the server is full. Whoever runs this installation must free some space."


def is_full(problem: BaseException) -> bool:
    """Check whether an error says that a disk is full or a quota is used up, here or at the database."""
    if isinstance(problem, OSError):
        return problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(problem, OperationalError) and getattr(problem.__cause__, "sqlstate", None) == DATABASE_FULL
