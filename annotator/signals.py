"""What the rooms above may listen to. Each is sent inside the transaction of its deed: a listener that fails undoes it."""

from django.dispatch import Signal

# accepted: annotator.queue.accepted.Accepted
answer_accepted = Signal()
# question: Question, worker: User, answers: list of answer ids. They are kept, but count no more; or count again.
answers_set_aside = Signal()
answers_reinstated = Signal()
# question: Question, task: Task. A reviewer has decided.
task_decided = Signal()
# project: Project
project_created = Signal()
