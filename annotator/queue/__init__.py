"""The queue: the only place that hands a task out and takes an answer in.

Places: a task has `overlap` of them; `places_left` counts those neither answered nor held. Handing out takes a place;
an expired, returned or skipped lease gives it back, and so does an answer that is set aside; any other answer keeps it.
A place that the budget does not cover is `unfunded` and is not handed out; the room of money moves it.

Order of locks, in every deed: standing, places of the project, the question, its batches and reviews, assignments, tasks by id,
bookmarks in the order in which batches are handed out, and last what listens (a project's accounts).
Every lock leaves the key alone (FOR NO KEY UPDATE): a row that refers to a locked one is written without waiting for it.
`next_tasks` waits for no task and no assignment of someone else's, so that people do not wait for each other.
"""

from annotator.queue import open_slots
from annotator.queue.assign import Handed, next_tasks
from annotator.queue.change import change
from annotator.queue.counted import counted, latest
from annotator.queue.leases import MOST_HELD, free_expired, give_back, renew, skip, withdraw
from annotator.queue.order import begins_with, put, put_all, put_everywhere, turn
from annotator.queue.progress import Progress, progress
from annotator.queue.redundancy import widen
from annotator.queue.seen import one_at_a_time, saw
from annotator.queue.submission import TaskName, checked
from annotator.queue.submit import Receipt, submit
from annotator.refusal import Refused

__all__ = [
    "MOST_HELD",
    "Handed",
    "Progress",
    "Receipt",
    "Refused",
    "TaskName",
    "begins_with",
    "change",
    "checked",
    "counted",
    "free_expired",
    "give_back",
    "latest",
    "next_tasks",
    "one_at_a_time",
    "open_slots",
    "progress",
    "put",
    "put_all",
    "put_everywhere",
    "renew",
    "saw",
    "skip",
    "submit",
    "turn",
    "widen",
    "withdraw",
]
