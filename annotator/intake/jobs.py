"""The import job: an archive of files, taken in by batches; what is bad is named and the rest comes in."""

import uuid
from typing import IO

from annotator import audit, jobs, queue, storage
from annotator.intake import archives, files
from annotator.intake.content import BadContent, clean_name, store
from annotator.models import Job, Project, User

BATCH = 100
MOST_NAMED = 50


def ask(project: Project, user: User, name: str, file: IO[bytes], cause: str | None = None) -> Job:
    """Keep an archive and ask for its import. Raises archives.BadArchive where it is none."""
    total = len(archives.members(archives.open_zip(file)))
    if not total:
        raise archives.BadArchive("The archive holds no files.")
    sha256 = storage.put_content_stream(file)
    audit.record(user, project, "asked for an import", name=clean_name(name), files=total)
    return jobs.submit(
        project,
        "import",
        f"Import of {total:,} files",
        cause or f"import:{uuid.uuid4()}",
        {"sha256": sha256},
        user=user,
        total=total,
    )


@jobs.handles("import")
def run(work: jobs.Work) -> None:
    """Take the files of an archive in. Run again after a crash, it passes over what is in already."""
    project = work.job.project
    archive = archives.open_zip(storage.open_content(work.arguments["sha256"]))
    infos = archives.members(archive)
    refused: list[str] = []
    done = 0
    for batch in archives.batches(infos, BATCH):
        good = []
        for info in batch:
            try:
                good += files.read(info.filename, archives.read(archive, info))
            except (BadContent, archives.BadArchive) as problem:
                refused.append(str(problem))
        store(project, good)
        done += len(batch)
        work.report(done, len(infos))
    queue.put_all(project)
    with work.finish() as said:
        said.update(files=len(infos), refused=len(refused), reasons=refused[:MOST_NAMED])
