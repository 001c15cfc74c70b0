"""What the rooms above may listen to. Each is sent inside the transaction of its deed: a listener that fails undoes it."""

from django.dispatch import Signal

# answer: Answer, task: Task, question: Question
answer_accepted = Signal()
# project: Project
project_created = Signal()
