"""The job that imports the files of an archive or bucket, in batches. Bad files are reported and the rest is imported."""

import uuid
from dataclasses import asdict
from typing import IO

from django.db import transaction

from annotator import audit, jobs, queue, storage
from annotator.intake import archives, buckets, sandbox
from annotator.intake.content import BadContent, FoundContent, changed_reason, clean_name, store_new
from annotator.intake.folders import NOTHING, Folders
from annotator.intake.found import Rejected
from annotator.intake.imports.rows import COUNTS, keep_rejected
from annotator.items import stored_files
from annotator.models import Import, Job, Project, User
from annotator.models.item import IN_DATABASE
from annotator.server.buckets import BadBucket

BATCH = 100  # contents that are stored at a time …
MOST_WAITING = 1000  # … or more, of one long document
BATCH_BYTES = 32 * 1024**2  # … or fewer, when they have this many bytes together
MOST_COSTLY = 20  # expensive files after which the job stops: each keeps a core busy for a while
MOST_NAMED = 50  # reasons in the result
MOST_KEPT = 10_000  # rejected files and rows that are kept for the download


def ask(
    project: Project,
    user: User,
    name: str,
    file: IO[bytes],
    idempotency_key: str | None = None,
    folders: Folders = NOTHING,
) -> Job:
    """Store an archive and request its import. Raises archives.BadArchive when it is not an archive."""
    total = archives.open_archive(file).total
    if total == 0:
        raise archives.BadArchive("The archive holds no files.")
    with stored_files.stored(file) as sha256:
        audit.record(user, project, "asked for an import", name=clean_name(name), files=total)
        return jobs.submit(
            project,
            "import",
            f"Import of {clean_name(name)}" if total is None else f"Import of {total:,} files",
            idempotency_key or f"import:{uuid.uuid4()}",
            {"sha256": sha256, "folders": asdict(folders)},
            user=user,
            total=total or 0,
        )


def ask_bucket(
    project: Project, user: User, address: str, folders: Folders = NOTHING, by_reference: bool = False
) -> Job:
    """Request an import of all objects of a bucket or prefix. Raises BadBucket when it is not allowed or cannot be listed.

    By reference, pictures and sounds that people can be shown as they are stay in the bucket. They are read once, to check them.
    """
    buckets.BucketFiles(address)  # whoever asks learns at once what is wrong
    audit.record(user, project, "asked for an import", name=address[:300])
    title = f"Import of {address}"[:200]
    arguments = {"bucket": address, "folders": asdict(folders), "by_reference": by_reference}
    return jobs.submit(project, "import", title, f"import:{uuid.uuid4()}", arguments, user=user)


def _opened(work: jobs.Work, found: Import | None) -> archives.Archive:
    """Return the files to import. Raises JobProblem when they cannot be read."""
    try:
        if address := work.arguments.get("bucket"):
            return buckets.BucketFiles(address, work.check)
        sha256 = found.sha256 if found else work.arguments["sha256"]
        return archives.open_archive(storage.open_content(sha256), work.check)
    except storage.Missing:
        raise jobs.JobProblem("The archive is not in the storage any more; send it again.") from None
    except BadBucket as problem:
        raise jobs.JobProblem(str(problem)) from None


@jobs.handles("import")
def run(work: jobs.Work) -> None:
    """Import the files of an archive or a bucket, or only check them.

    An archive that was sent to be imported goes on after the last file whose items were stored, with the counts of then.
    Anything else begins again after a crash, and finds what is imported already here.
    """
    project = work.job.project
    named = work.arguments.get("import")
    imported = Import.objects.get(pk=named) if named else None
    check_only = bool(work.arguments.get("check"))
    archive = _opened(work, imported)
    begun = imported.position if imported and not check_only else 0
    refused = _Refused(imported, begun)
    done = costly = 0
    folders = Folders(**(imported.mapping if imported else work.arguments.get("folders", {})))
    by_reference = bool(work.arguments.get("by_reference"))
    batch = _Batch(work.job, refused, folders, check_only, imported)
    try:
        for done, member in enumerate(archive, start=1):
            if done <= begun:
                work.report(done, archive.total or done)
                continue
            try:
                content = member.read()
                with sandbox.reading(member.path, content, sandbox.IN_A_JOB, work.check) as found:
                    for one in found:
                        if isinstance(one, Rejected):
                            refused.add(_with_path(one.reason, member.path), done, member.path)
                        else:
                            one.path = member.path if "/" in member.path else ""
                            if by_reference and one.modality not in IN_DATABASE and one.content == content:
                                one.reference = member.address
                            folders.place(one, member.path)
                            batch.add(one, done)
            except archives.Full:
                raise
            except BadBucket as problem:
                batch.store(done - 1)
                queue.create_all_tasks(project)
                raise jobs.JobProblem(
                    f"{problem} {done - 1:,} of {archive.total or 0:,} files are imported. Start it again to go on."
                ) from None
            except (BadContent, archives.BadArchive) as problem:
                refused.add(_with_path(str(problem), member.path), done, member.path)
                costly += isinstance(problem, sandbox.TooCostly)
                if costly == MOST_COSTLY:
                    batch.store(done)
                    raise jobs.JobProblem(
                        f"{costly} files took too much time or memory to read, so the import stopped after {done:,} "
                        "files."
                    ) from None
            batch.end_file(done)
            work.report(done, archive.total or max(done, 1))
    except archives.Full as problem:
        refused.add(str(problem), done, times=max(1, (archive.total or done) - done + 1))
    batch.store(done)
    if not check_only:
        queue.create_all_tasks(project)
    with work.finish() as said:
        if imported:
            if check_only:  # an import has stored its counts with its last items
                Import.objects.filter(pk=imported.pk).update(counts={"checked": batch.counts()})
            said.update(file=str(imported.pk), check=check_only)
        said.update(
            files=archive.total or done,
            new=batch.new,
            known=batch.known,
            answers=batch.answers,
            left_in_bucket=batch.left,
            refused=refused.count,
            reasons=list(refused.reasons),
        )


def _with_path(reason: str, path: str) -> str:
    """Return a reason with the file's path in the archive; readers know only its name."""
    name = clean_name(path)
    return path + reason.removeprefix(name) if reason.startswith(name) else reason


class _Refused:
    """How many files and rows were refused, and the first reasons. There may be millions of bad rows."""

    def __init__(self, imported: Import | None, begun: int) -> None:
        self.count, self.reasons = 0, dict[str, None]()
        self.imported = imported
        if imported:
            imported.rejected_rows.filter(number__gt=begun).delete()  # of a check, or of this job before it crashed
            self.count = imported.counts.get("rejected", 0) if begun else 0
            before = imported.rejected_rows.order_by("number", "pk").values_list("raw", "reason")
            self.reasons.update((f"{path}: {reason}" if path else reason, None) for path, reason in before[:MOST_NAMED])

    def add(self, reason: str, number: int, path: str = "", times: int = 1) -> None:
        """Count a file or row, or several, that were refused for a reason. `number` is the file's place in the archive."""
        self.count += times
        if len(self.reasons) < MOST_NAMED:
            self.reasons[reason] = None
        if self.imported and self.count <= MOST_KEPT:
            keep_rejected(self.imported, [Rejected(reason.removeprefix(f"{path}: "), path, number)])


class _Batch:
    """Contents that wait to be stored, never more than fit into memory. With `check_only` they are counted and not kept.

    They are stored after a file, so that an archive can go on with the next one; within a document of very many pages, earlier.
    """

    def __init__(
        self, job: Job, refused: _Refused, folders: Folders, check_only: bool, imported: Import | None
    ) -> None:
        self.job, self.refused, self.folders, self.check_only = job, refused, folders, check_only
        self.imported = None if check_only else imported
        self.contents, self.numbers, self.size = list[FoundContent](), list[int](), 0
        before = self.imported.counts if self.imported and self.imported.position else {}
        # Contents that were stored so far, and that the project had already; labels of them; those that stay in their bucket.
        self.new, self.known, self.answers = (before.get(name, 0) for name in ("new", "known", "answers"))
        self.left = 0
        self._counted = set[int]()  # contents that a check has counted as new

    def counts(self) -> dict[str, int]:
        """Return what became of the contents so far."""
        found = {"new": self.new, "known": self.known, "answers": self.answers, "rejected": self.refused.count}
        return dict.fromkeys(COUNTS, 0) | found

    def add(self, content: FoundContent, number: int) -> None:
        """Add a content of the file with this place in the archive."""
        last = self.contents[-1].original if self.contents else b""
        self.contents.append(content)
        self.numbers.append(number)
        self.size += len(content.content) + (0 if content.original is last else len(content.original))
        if len(self.contents) >= MOST_WAITING or self.size >= BATCH_BYTES:
            self.store(number - 1)

    def end_file(self, number: int) -> None:
        """Store all contents when there are enough, after the file with this place in the archive."""
        if len(self.contents) >= BATCH:
            self.store(number)

    def store(self, number: int) -> None:
        """Store the waiting contents, and that all files up to this place in the archive are imported."""
        if not self.contents and not self.imported:
            return
        project = self.job.project
        with transaction.atomic():
            stored = store_new(project, self.contents, files=not self.check_only)
            refused = [*stored.refused, *stored.erased, *((one, changed_reason(one)) for one in stored.changed)]
            fresh = [one for one in self.contents if hash(one.sha256) not in self._counted]
            answers, more = self.folders.answer(project, self.job.created_by, fresh)
            repeated = sum(hash(one.sha256) in self._counted for one in stored.new)
            self.new += len(stored.new) - repeated
            self.known += stored.known - len(stored.erased) + repeated
            self.answers += answers
            self.left += sum(bool(one.reference) for one in stored.new)
            if self.check_only:
                self._counted.update(hash(one.sha256) for one in stored.new)
                transaction.set_rollback(True)
            else:
                self._keep(number, refused + more)
        if self.check_only:
            self._refuse(refused + more)
        self.contents, self.numbers, self.size = [], [], 0

    def _keep(self, number: int, refused: list[tuple[FoundContent, str]]) -> None:
        """Store how far the import is, with its counts and what was refused, in the transaction of its items."""
        self._refuse(refused)
        if self.imported:
            Import.objects.filter(pk=self.imported.pk).update(position=number, counts=self.counts())

    def _refuse(self, refused: list[tuple[FoundContent, str]]) -> None:
        numbers = {id(one): number for one, number in zip(self.contents, self.numbers, strict=True)}
        for one, reason in refused:
            self.refused.add(reason, numbers[id(one)], one.path or one.name)
