"""The queue: the only code that hands out tasks and accepts answers.

Slots: a task has `overlap` slots. `open_slots` counts the slots that are neither answered nor held. Handing out a task
takes a slot. An expired, returned or skipped lease frees its slot, and so does an excluded answer. Any other answer
keeps its slot. A slot that the budget does not cover is `unfunded` and is not handed out; the money code changes
`unfunded`.

Lock order, in every transaction: the worker status, the project's slots, the question, its batches and reviews, the
assignments, the tasks by id, the cursors in the order in which batches are handed out, and last whatever the signal
receivers lock (the project's accounts).
Every lock is FOR NO KEY UPDATE, so a row that refers to a locked row can be written without waiting.
`next_tasks` never waits for another person's task or assignment, so people do not block each other.
"""

from annotator.queue import open_slots
from annotator.queue.assign import next_tasks
from annotator.queue.assigned_tasks import AssignedTask
from annotator.queue.change import change
from annotator.queue.counted import counted, latest
from annotator.queue.leases import MOST_HELD, free_expired, give_back, renew, skip, withdraw
from annotator.queue.order import create_all_tasks, create_tasks, create_tasks_of_all_questions, first_overlap, sort_key
from annotator.queue.progress import Progress, progress
from annotator.queue.redundancy import ASKABLE, can_be_asked, increase_redundancy
from annotator.queue.references import Named, QuestionReference, Reference
from annotator.queue.seen import lock_worker, mark_seen
from annotator.queue.submission import TaskName, checked_answer
from annotator.queue.submit import Receipt, submit
from annotator.refusal import Refused

__all__ = [
    "ASKABLE",
    "MOST_HELD",
    "AssignedTask",
    "Named",
    "Progress",
    "QuestionReference",
    "Receipt",
    "Reference",
    "Refused",
    "TaskName",
    "can_be_asked",
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
