"""Long work: asked for once, run by whoever is free, seen by all, stopped on request, taken up again after a crash.

A job is a row. Its message only wakes a worker up, and may be lost or come twice: the worker claims the row, with a lease
that a heartbeat renews while the work goes on. When a worker dies the lease runs out and the sweeper wakes another. Where the
death is noticed (a worker that starts again under its name; a lost process of one, ten seconds later), the job is free at once.
Whoever is woken up takes the jobs first whose worker died: they do not queue a second time behind all that waits.
The last thing a job does is to write its result and its end in one transaction (`Work.finish`).
"""

from annotator.jobs.endings import ask_to_cancel
from annotator.jobs.leases import free
from annotator.jobs.messages import TASK, sweep
from annotator.jobs.registry import handles, quiet_kinds, when_stopped
from annotator.jobs.requests import submit, submit_again
from annotator.jobs.runner import MOST_ATTEMPTS, run
from annotator.jobs.work import Cancelled, JobProblem, Work

__all__ = [
    "MOST_ATTEMPTS",
    "TASK",
    "Cancelled",
    "JobProblem",
    "Work",
    "ask_to_cancel",
    "free",
    "handles",
    "quiet_kinds",
    "run",
    "submit",
    "submit_again",
    "sweep",
    "when_stopped",
]
