"""Why a label is still open, in a sentence."""

from annotator import queue
from annotator.models import Question, Task
from datasets.models import Label


def why_open(label: Label, task: Task | None, question: Question) -> str:
    """Return what the label still waits for; "" if nothing more will come.

    `task`: of the label's item, with its `review` and `batch` loaded; None if there is none.
    """
    review = getattr(task, "review", None)
    if label.decided or task is None:
        return ""
    if review is not None and review.decision_id is None:
        return "A reviewer will decide it."
    left = task.overlap - task.answer_count
    asked = "one more answer" if left == 1 else f"{left:,} more answers"
    closed = "but its batch is closed, so nobody is asked"
    if left > 0 and not queue.can_be_asked(task):
        return f"It lacks {asked}, {closed}. Plan the item into an open batch."
    if left > 0:
        again = task.overlap > queue.first_overlap(question, task.item)
        return f"It waits for {asked}" + (": the last ones left it unsure." if again else ".")
    if question.adaptive and worth_more(label, question):
        most = question.most_overlap
        if task.overlap < most and not queue.can_be_asked(task):
            return f"The next answer is worth more than it costs, {closed}. A reviewer can decide it."
        return (
            f"People are split, and it had the {most:,} answers it may have."
            if task.overlap >= most
            else ("It will be asked again: the next answer is worth more than it costs.")
        )
    return ""


def worth_more(label: Label, question: Question) -> bool:
    """Check whether the next answer to an item is worth its price."""
    return not label.decided and label.gain * question.label_worth > 1
