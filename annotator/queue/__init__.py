"""The queue: the only place that hands a task out and takes an answer in.

Places: a task has `overlap` of them; `open_slots` counts those neither answered nor held. Handing out takes a place;
an expired, returned or skipped lease gives it back, and so does an answer that is set aside; any other answer keeps it.
A place that the budget does not cover is `unfunded` and is not handed out; the room of money moves it.

Order of locks, in every deed: standing, places of the project, the question, its batches and reviews, assignments, tasks by id,
cursors in the order in which batches are handed out, and last what listens (a project's accounts).
Every lock leaves the key alone (FOR NO KEY UPDATE): a row that refers to a locked one is written without waiting for it.
`next_tasks` waits for no task and no assignment of someone else's, so that people do not wait for each other.
"""

from annotator.queue import open_slots
from annotator.queue.assign import next_tasks
from annotator.queue.assigned_tasks import AssignedTask
from annotator.queue.change import change
from annotator.queue.counted import counted, latest
from annotator.queue.leases import MOST_HELD, free_expired, give_back, renew, skip, withdraw
from annotator.queue.order import create_all_tasks, create_tasks, create_tasks_of_all_questions, first_overlap, sort_key
from annotator.queue.progress import Progress, progress
from annotator.queue.redundancy import increase_redundancy
from annotator.queue.seen import lock_worker, mark_seen
from annotator.queue.submission import TaskName, checked_answer
from annotator.queue.submit import Receipt, submit
from annotator.refusal import Refused

__all__ = [
    "MOST_HELD",
    "AssignedTask",
    "Progress",
    "Receipt",
    "Refused",
    "TaskName",
    "change",
    "checked_answer",
    "counted",
    "create_all_tasks",
    "create_tasks",
    "create_tasks_of_all_questions",
    "first_overlap",
    "free_expired",
    "give_back",
    "increase_redundancy",
    "latest",
    "lock_worker",
    "mark_seen",
    "next_tasks",
    "open_slots",
    "progress",
    "renew",
    "skip",
    "sort_key",
    "submit",
    "withdraw",
]
