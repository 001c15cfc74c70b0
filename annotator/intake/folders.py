"""Folders of an archive or bucket that say something about the items in them: their label, group, split or tag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotator.intake import cells, imported
from annotator.intake.found import BadContent, FoundAnswer, FoundContent
from annotator.intake.mapping import ColumnUse
from annotator.items.known import ids_of
from annotator.models import Project, Question

USES = {
    "": "Nothing",
    ColumnUse.LABEL: "The label",
    ColumnUse.GROUP: "The group",
    ColumnUse.SPLIT: "The split",
    ColumnUse.TAGS: "A tag",
}
LEVELS = {"outer": "The outermost folder is", "inner": "The innermost folder is"}
# What labels are imported as, from folders and from a column.
ANSWERS_AS = {"answers": "Answers", "labels": "Finished labels", "gold": "Gold items"}
CHOICES, AS_CHOICES = [*USES.items()], [*ANSWERS_AS.items()]  # for the API's document


class BadFolders(ValueError):
    """The folders cannot be used like that. The message says why."""


@dataclass(frozen=True)
class Folders:
    """What folders are used for: `outer` and `inner` are values of USES, `question` is what the label answers.

    `below` is a folder that holds everything, with "/" at its end: the outermost folder is the next one inside.
    """

    outer: str = ""
    inner: str = ""
    question: int | None = None
    answers_as: str = "labels"
    below: str = ""

    @classmethod
    def checked(cls, project: Project, sent: Mapping[str, Any], below: str = "") -> "Folders":
        """Return the choices of a request. Raises BadFolders."""
        uses = {level: str(sent.get(level) or "") for level in LEVELS}
        for use in uses.values():
            if use not in USES:
                raise BadFolders(f"“{use[:40]}” is no use of a folder; these are: {', '.join(filter(None, USES))}.")
        if uses["outer"] and uses["outer"] == uses["inner"]:
            raise BadFolders("The outermost and the innermost folder cannot both be used in the same way.")
        named = str(sent.get("question") or "")
        question = None
        if ColumnUse.LABEL in uses.values():
            number = int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0
            question = project.questions.filter(pk=number, draft=False).first()
            if question is None:
                raise BadFolders("Choose the question that the folders' names answer.")
        answers_as = str(sent.get("answers_as") or "labels")
        if answers_as not in ANSWERS_AS:
            raise BadFolders(f"“{answers_as[:40]}” is none of: {', '.join(ANSWERS_AS)}.")
        return cls(**uses, question=question.pk if question else None, answers_as=answers_as, below=below)

    def place(self, content: FoundContent, path: str) -> None:
        """Set what the folders of a path say about a content. Raises BadContent when a folder's name does not fit its use."""
        folders = path.removeprefix(self.below).split("/")[:-1]
        if not folders:
            return
        for use, name in ((self.outer, folders[0]), (self.inner, folders[-1])):
            try:
                if use == ColumnUse.SPLIT:
                    content.split = cells.split_named(name)
                elif use == ColumnUse.GROUP:
                    content.group = cells.name_of(name, "group")
                elif use == ColumnUse.TAGS:
                    content.tags = (*content.tags, name[:50])
                elif use == ColumnUse.LABEL:
                    content.answer = FoundAnswer("", name)
            except ValueError as problem:
                raise BadContent(f"{path}: {problem}.") from None

    def answer(
        self, project: Project, by: Any, contents: Sequence[FoundContent]
    ) -> tuple[int, list[tuple[FoundContent, str]]]:
        """Store the labels of contents that are items. Return how many are new, and those refused, each with the reason."""
        answered = [one for one in contents if one.answer is not None]
        if self.question is None or not answered:
            return 0, []
        question = Question.objects.filter(pk=self.question, project=project).first()
        ids = ids_of(project, [one.sha256 for one in answered])
        labelled = [one for one in answered if one.sha256 in ids]
        if question is None or not labelled:
            return 0, []
        source = "names of folders"
        rows = [(ids[one.sha256], imported.RawAnswer(source, one.answer and one.answer.label)) for one in labelled]
        how: Any = self.answers_as
        taken = imported.take_in_stored(project, question, by, rows, how, source)
        return len(taken.new), [
            (one, f"{one.path or one.name}: the item is here, but not its label. {reason}")
            for one, reason in zip(labelled, taken.reasons, strict=True)
            if reason
        ]


NOTHING = Folders()  # folders are only kept as the path
