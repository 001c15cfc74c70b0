"""Signals for the apps above. Each is sent inside the transaction of its action, so a receiver that fails undoes the action."""

from django.dispatch import Signal

# accepted: annotator.queue.accepted.Accepted
answer_accepted = Signal()
# answer_id: UUID. An answer to a qualification is stored; sent after its transaction, before its author is told.
qualification_answered = Signal()
# question: Question, worker: User, answers: list of answer ids. They are kept, but count no more; or count again.
answers_excluded = Signal()
answers_restored = Signal()
# project: Project. More is about to be asked of people: a batch is planned or opened, a question published, another person
# asked. Whoever may not have it raises Refused. Sent while `annotator.queue.open_slots.lock` is held, and without it by
# `annotator.projects.new_work`, to ask whether it would be refused.
work_wanted = Signal()
# question: Question, task: Task. A reviewer has decided.
task_decided = Signal()
# question: Question, slots: dict of batch id to how many more answers may come in now, must: bool, by: User or None.
# A listener may hold some of the slots back (`Task.unfunded`); where `must`, it raises Refused instead.
slots_added = Signal()
# question: Question, batches: list of Batch, must: bool, by: User or None. What they may still cost has changed altogether.
slots_changed = Signal()
# question_id: int, worker_id: int. A listener returns what it has booked for the person: `annotator.queue.accepted.Earnings`.
pay_asked = Signal()
# project: Project, items: list of ids. They are not asked about any more; or again. Nothing may be concluded from them meanwhile.
items_withdrawn = Signal()
items_taken_back = Signal()
# project: Project, items: list of ids, reason: str. What was written about them must go; the answers stay.
items_erased = Signal()
# project: Project, which is being deleted. A listener returns two lists: the SHA-256 of contents that its rows name, and the keys
# of other blobs.
project_blobs = Signal()
# project: Project
project_created = Signal()
# project: Project, fields: list of the names of the fields that have changed.
project_changed = Signal()
