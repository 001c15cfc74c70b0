"""The models of this app, one module per concept."""

from annotator.models.access_token import AccessToken, Scope
from annotator.models.answer import Answer, CountedAnswer
from annotator.models.answer_check import AnswerCheck
from annotator.models.assignment import Assignment
from annotator.models.audit import AuditEntry
from annotator.models.batch import Batch, BatchState, Order, QueueCursor
from annotator.models.flag import Flag
from annotator.models.gold import Gold
from annotator.models.imports import Import, ImportKind, OnRejected, RejectedRow
from annotator.models.invitation import Invitation
from annotator.models.item import Change, Item, Modality, Split
from annotator.models.job import Job
from annotator.models.member import Group, Member, Presence, Role
from annotator.models.project import Project
from annotator.models.question import Question, TaskPlan
from annotator.models.review import Review, ReviewTrigger
from annotator.models.revision import Revision
from annotator.models.sign_in import SignIn, SignInAttempts
from annotator.models.suggestion import Suggestion
from annotator.models.task import Purpose, Task
from annotator.models.user import User
from annotator.models.webhook import Delivery, DeliveryState, Webhook
from annotator.models.worker_status import WorkerState, WorkerStatus

__all__ = [
    "AccessToken",
    "Answer",
    "AnswerCheck",
    "Assignment",
    "AuditEntry",
    "Batch",
    "BatchState",
    "Change",
    "CountedAnswer",
    "Delivery",
    "DeliveryState",
    "Flag",
    "Gold",
    "Group",
    "Import",
    "ImportKind",
    "Invitation",
    "Item",
    "Job",
    "Member",
    "Modality",
    "OnRejected",
    "Order",
    "Presence",
    "Project",
    "Purpose",
    "Question",
    "QueueCursor",
    "RejectedRow",
    "Review",
    "ReviewTrigger",
    "Revision",
    "Role",
    "Scope",
    "SignIn",
    "SignInAttempts",
    "Split",
    "Suggestion",
    "Task",
    "TaskPlan",
    "User",
    "Webhook",
    "WorkerState",
    "WorkerStatus",
]
