"""Jobs: long work that is requested once, run by any free worker, visible to all, cancellable, and resumed after a crash.

A job is a row. Its message only wakes a worker and may be lost or arrive twice. The worker claims the row with a lease,
which a heartbeat renews while the work goes on. When a worker dies, the lease runs out and the sweeper wakes another. If
the death is noticed, the job is free at once: when a worker starts again under its name, when the worker of a killed process
takes its next message, or ten seconds after the process is lost.
A worker that wakes up first takes the jobs whose worker died, so that they do not wait in the queue a second time.
The last thing a job does is to write its result and its end in one transaction (`Work.finish`).
"""

from annotator.jobs.endings import ask_to_cancel
from annotator.jobs.leases import free, has_ended
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
    "has_ended",
    "quiet_kinds",
    "run",
    "submit",
    "submit_again",
    "sweep",
    "when_stopped",
]
