"""The summary sentences for a manager, written from the numbers of the outlook."""

from workers.training.sentences.goal import Available
from workers.training.sentences.summary import Summary, of_project, summarise

__all__ = ["Available", "Summary", "of_project", "summarise"]
