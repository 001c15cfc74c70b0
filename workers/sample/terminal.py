"""Progress bars in the terminal, from the rows of jobs."""

import sys
import time

from annotator.models import Job
from annotator.models.job import JobState

WIDTH = 28


def watch(job: Job, title: str) -> Job:
    """Show a bar until a job ends, and return the job. If the output is not a terminal, print one line at the end."""
    live = sys.stdout.isatty()
    while True:
        job.refresh_from_db()
        if live or not job.open:
            _draw(title, job.percent, _state(job), live and job.open)
        if not job.open:
            return job
        time.sleep(0.25)


def _state(job: Job) -> str:
    if job.state == JobState.DONE:
        return f"{(job.ended_at - job.started_at).total_seconds():.1f} s" if job.ended_at and job.started_at else "done"
    return job.error if job.state == JobState.FAILED else job.message or job.get_state_display().lower()


def _draw(title: str, percent: int, text: str, more: bool) -> None:
    full = WIDTH * percent // 100
    line = f"  {title:<22} {'█' * full}{'░' * (WIDTH - full)} {percent:3d}%  {text}"
    sys.stdout.write(f"\r{line[:110]:<110}" + ("" if more else "\n"))
    sys.stdout.flush()
