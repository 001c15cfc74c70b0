"""The rows of the line's beginning: project, people, question, item, task, answer; and the work that runs behind them."""

from annotator.models.answer import Answer
from annotator.models.assignment import Assignment
from annotator.models.audit import AuditEntry
from annotator.models.item import Item, Side
from annotator.models.job import Job
from annotator.models.member import Member, Role
from annotator.models.project import Project
from annotator.models.question import Question
from annotator.models.task import Task
from annotator.models.user import User

__all__ = [
    "Answer",
    "Assignment",
    "AuditEntry",
    "Item",
    "Job",
    "Member",
    "Project",
    "Question",
    "Role",
    "Side",
    "Task",
    "User",
]
