"""Blobs that nobody needs any more: they are deleted, unless anything else in any project still names them."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from annotator import storage
from annotator.models import Import, Item, Job, Project, Question, Revision
from annotator.models.item import IN_DATABASE
from annotator.server import locks
from annotator.server.locks import Lock

PART = 200


def delete_unused(hashes: Iterable[str], without: Project | None = None) -> int:
    """Delete the contents with these SHA-256 that nothing names; return how many were looked at. It may be done again.

    Whoever imports the same content at this moment waits (`Lock.CONTENTS`), and then writes it once more. What a project names
    that is being deleted (`without`) does not count.
    """
    wanted = sorted({sha256 for sha256 in hashes if sha256})
    for start in range(0, len(wanted), PART):
        some = wanted[start : start + PART]
        with transaction.atomic():
            locks.take(Lock.CONTENTS)
            for sha256 in set(some) - in_use(some, without):
                storage.delete(storage.content_key(sha256))
    return len(wanted)


def in_use(hashes: list[str], without: Project | None = None) -> set[str]:
    """Return those of some SHA-256 that are still named: by items that are not erased, files or examples."""
    gone = without.pk if without else 0
    items, files = Item.objects.exclude(project=gone), Import.objects.exclude(project=gone)
    stored = items.filter(erased_at=None, reference="").exclude(modality__in=IN_DATABASE)
    found = set(stored.filter(sha256__in=hashes).values_list("sha256", flat=True))
    found |= set(items.filter(original_sha256__in=hashes).values_list("original_sha256", flat=True))
    found |= set(files.filter(sha256__in=hashes).values_list("sha256", flat=True))
    archives = Job.objects.exclude(project=gone).filter(arguments__sha256__in=hashes)
    found |= {str(sha256) for sha256 in archives.values_list("arguments__sha256", flat=True)}
    for sha256 in set(hashes) - found:
        example = Q(examples__contains=[{"picture": sha256}])
        questions = Question.objects.exclude(project=gone).filter(example)
        if questions.exists() or Revision.objects.exclude(question__project=gone).filter(example).exists():
            found.add(sha256)
    return found
