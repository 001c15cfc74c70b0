"""The import job: the files of an archive, imported in batches. Bad files are reported and the rest is imported."""

import uuid
from dataclasses import asdict
from typing import IO

from django.db import transaction

from annotator import audit, jobs, queue, storage
from annotator.intake import archives, buckets, sandbox
from annotator.intake.content import BadContent, FoundContent, clean_name, store_new
from annotator.intake.folders import NOTHING, Folders
from annotator.intake.found import Rejected
from annotator.items import stored_files
from annotator.models import Job, Project, User
from annotator.models.item import IN_DATABASE
from annotator.server.buckets import BadBucket

BATCH = 100  # contents that are stored at a time …
BATCH_BYTES = 32 * 1024**2  # … or fewer, when they have this many bytes together
MOST_COSTLY = 20  # expensive files after which the job stops: each keeps a core busy for a while
MOST_NAMED = 50


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


def _opened(work: jobs.Work) -> archives.Archive:
    """Return the files to import. Raises JobProblem when they cannot be read."""
    try:
        if address := work.arguments.get("bucket"):
            return buckets.BucketFiles(address, work.check)
        return archives.open_archive(storage.open_content(work.arguments["sha256"]), work.check)
    except storage.Missing:
        raise jobs.JobProblem("The archive is not in the storage any more; send it again.") from None
    except BadBucket as problem:
        raise jobs.JobProblem(str(problem)) from None


@jobs.handles("import")
def run(work: jobs.Work) -> None:
    """Import the files of an archive or a bucket. When it runs again after a crash, it skips what is already imported."""
    project = work.job.project
    archive = _opened(work)
    refused = _Refused()
    done = costly = 0
    folders = Folders(**work.arguments.get("folders", {}))
    by_reference = bool(work.arguments.get("by_reference"))
    batch = _Batch(work.job, refused, folders)
    try:
        for done, member in enumerate(archive, start=1):
            try:
                content = member.read()
                with sandbox.reading(member.path, content, sandbox.IN_A_JOB, work.check) as found:
                    for one in found:
                        if isinstance(one, Rejected):
                            refused.add(_with_path(one.reason, member.path))
                        else:
                            one.path = member.path if "/" in member.path else ""
                            if by_reference and one.modality not in IN_DATABASE and one.content == content:
                                one.reference = member.address
                            folders.place(one, member.path)
                            batch.add(one)
            except archives.Full:
                raise
            except BadBucket as problem:
                batch.store()
                queue.create_all_tasks(project)
                raise jobs.JobProblem(
                    f"{problem} {done - 1:,} of {archive.total or 0:,} files are imported. Start it again to go on."
                ) from None
            except (BadContent, archives.BadArchive) as problem:
                refused.add(_with_path(str(problem), member.path))
                costly += isinstance(problem, sandbox.TooCostly)
                if costly == MOST_COSTLY:
                    batch.store()
                    raise jobs.JobProblem(
                        f"{costly} files took too much time or memory to read, so the import stopped after {done:,} "
                        f"files. The last was {clean_name(member.path)}."
                    ) from None
            work.report(done, archive.total or max(done, 1))
    except archives.Full as problem:
        refused.add(str(problem), max(1, (archive.total or done) - done + 1))
    batch.store()
    queue.create_all_tasks(project)
    with work.finish() as said:
        said.update(
            files=archive.total or done,
            new=batch.new,
            known=batch.known,
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

    def __init__(self) -> None:
        self.count, self.reasons = 0, dict[str, None]()

    def add(self, reason: str, times: int = 1) -> None:
        """Count a file or row, or several of them, that were refused for a reason."""
        self.count += times
        if len(self.reasons) < MOST_NAMED:
            self.reasons[reason] = None


class _Batch:
    """Contents that wait to be stored, never more than fit into memory."""

    def __init__(self, job: Job, refused: _Refused, folders: Folders) -> None:
        self.job, self.refused, self.folders = job, refused, folders
        self.contents, self.size = list[FoundContent](), 0
        # Contents that were stored so far, that the project had already, and that stay in their bucket.
        self.new = self.known = self.left = 0

    def add(self, content: FoundContent) -> None:
        """Add a content, and store all when there are enough."""
        last = self.contents[-1].original if self.contents else b""
        self.contents.append(content)
        self.size += len(content.content) + (0 if content.original is last else len(content.original))
        if len(self.contents) >= BATCH or self.size >= BATCH_BYTES:
            self.store()

    def store(self) -> None:
        """Store the waiting contents."""
        if self.contents:
            project = self.job.project
            with transaction.atomic():
                stored = store_new(project, self.contents)
                reasons = stored.reasons + self.folders.answer(project, self.job.created_by, self.contents)
            self.new += len(stored.new)
            self.left += sum(bool(one.reference) for one in stored.new)
            self.known += stored.known
            for reason in reasons:
                self.refused.add(reason)
        self.contents, self.size = [], 0
