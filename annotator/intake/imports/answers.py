"""Answers that the rows of a table bring along."""

from annotator.intake import imported
from annotator.intake.found import FoundContent, Rejected
from annotator.models import Import, Question


def take_in(found: Import, contents: list[FoundContent], rejected: list[Rejected]) -> int:
    """Store the answers of rows, and return how many are new. What is refused is added to `rejected`.

    A row that makes an item answers for that item. Any other row names an item that is here by its external id, or by its name.
    """
    answered = [one for one in contents if one.answer is not None]
    question = Question.objects.filter(pk=found.mapping.get("question") or 0, project=found.project_id).first()
    if not answered or question is None:
        rejected += [
            Rejected(f"{one.name}: it holds neither an item nor an answer.", line=one.line)
            for one in contents
            if not one.modality and (one.answer is None or question is None)
        ]
        return 0
    ids = _item_ids(found, answered)
    rows: list[tuple[int, imported.RawAnswer]] = []
    lines: list[FoundContent] = []
    for one in answered:
        item = ids.get(one.sha256 if one.modality else one.external_id)
        if item is None:
            rejected.append(Rejected(f"{one.name}: there is no item “{one.external_id[:100]}” here.", line=one.line))
            continue
        answer = one.answer
        if answer is None:
            continue
        rows.append(
            (item, imported.RawAnswer(answer.worker or found.mapping["worker"], answer.label, answer.time or None))
        )
        lines.append(one)
    how = found.mapping["answers_as"]
    stored = imported.take_in_stored(found.project, question, found.created_by, rows, how, found.name)
    for one, reason in zip(lines, stored.reasons, strict=True):
        if reason is not None:
            what = "the item is here, but not its label. " if one.modality else ""
            rejected.append(Rejected(f"{one.name}: {what}{reason}", line=one.line))
    return len(stored.new)


def _item_ids(found: Import, contents: list[FoundContent]) -> dict[str, int]:
    """Return the ids of the items that rows are about, by content for rows that make one, by external id or name for others."""
    items = found.project.items.filter(withdrawn_at=None)
    hashes = [one.sha256 for one in contents if one.modality]
    ids: dict[str, int] = dict(items.filter(sha256__in=hashes).values_list("sha256", "pk"))
    named = [one.external_id for one in contents if not one.modality]
    if named:
        # A name may come twice; an external id does not, and goes before a name.
        by_name: dict[str, int] = {}
        for name, pk in items.filter(name__in=named).values_list("name", "pk"):
            by_name[name] = 0 if name in by_name else pk
        ids |= {name: pk for name, pk in by_name.items() if pk}
        ids |= dict(items.filter(external_id__in=named).values_list("external_id", "pk"))
    return ids
