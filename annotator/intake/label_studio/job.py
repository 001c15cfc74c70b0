"""The job that imports an export of Label Studio. When it runs again after a crash, it goes on with the part it was at."""

import uuid
from collections.abc import Mapping
from typing import IO, Any, Literal

from django.db import transaction

from annotator import audit, jobs, storage
from annotator.intake.content import BadContent, clean_name
from annotator.intake.label_studio import stream
from annotator.intake.label_studio.parts import ExportImport, contents_of, store_part
from annotator.intake.label_studio.pictures import Files
from annotator.intake.label_studio.questions import check_configs, questions_for
from annotator.intake.label_studio.source import opened
from annotator.intake.label_studio.tally import Tally
from annotator.items import stored_files
from annotator.jobs.work import LeaseLost
from annotator.models import Import, ImportKind, Job, Project, User
from annotator.models.job import JobState
from annotator.refusal import Refused

KIND = "label_studio"
GroundTruth = Literal["answers", "gold"]


def recognise(file: IO[bytes], name: str) -> dict[str, Any]:
    """Return what an export holds: its questions, people, counts and problems; see `recognition`. Raises BadContent."""
    export = opened(file, name)
    return check_configs(stream.recognise(export.content, export.name)) | {"files": len(export.members)}


def ask(
    project: Project,
    user: User,
    name: str,
    file: IO[bytes],
    questions: Mapping[str, int],
    ground_truth: GroundTruth = "answers",
) -> Job:
    """Store an export and request its import. Raises BadContent when it holds no JSON file.

    Args:
        questions: for controls, the id of the question their results go to, or 0 to leave them out; others get a new question.
        ground_truth: whether annotations marked as ground truth become gold items, or answers like the others.
    """
    opened(file, name)
    with stored_files.stored(file) as sha256:
        return _submit(project, user, name, sha256, questions, ground_truth)


def keep(project: Project, user: User, name: str, file: IO[bytes]) -> Import:
    """Store an export that somebody looks at. It is deleted after some days if nobody imports it."""
    size = file.seek(0, 2)
    file.seek(0)
    with stored_files.stored(file) as sha256:
        return Import.objects.create(
            project=project, kind=ImportKind.LABEL_STUDIO, name=name, sha256=sha256, size=size, created_by=user
        )


def begin(kept: Import, user: User, questions: Mapping[str, int], ground_truth: GroundTruth = "answers") -> Job:
    """Request the import of an export that was kept; return the job that imports it already, if there is one."""
    with transaction.atomic():
        kept = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=kept.pk)
        if kept.job is None:
            kept.job = _submit(kept.project, user, kept.name, kept.sha256, questions, ground_truth)
            kept.save(update_fields=["job"])
        return kept.job


def _submit(
    project: Project,
    user: User,
    name: str,
    sha256: str,
    questions: Mapping[str, int],
    ground_truth: GroundTruth,
) -> Job:
    name = clean_name(name)
    with transaction.atomic():
        audit.record(user, project, "asked for an import from Label Studio", name=name, ground_truth=ground_truth)
        return jobs.submit(
            project,
            KIND,
            f"Import from Label Studio: {name[:120]}",
            f"label-studio:{uuid.uuid4()}",
            {"sha256": sha256, "name": name, "questions": dict(questions), "ground_truth": ground_truth},
            user=user,
        )


@jobs.handles(KIND)
def run(work: jobs.Work) -> None:
    """Import an export, part by part. What is stored is counted in the same transaction."""
    try:
        _run(work)
    except BadContent as problem:
        raise jobs.JobProblem(str(problem)) from None
    except storage.Missing:
        raise jobs.JobProblem("The file is not stored any more; send it again.") from None
    except Refused as problem:
        raise jobs.JobProblem(problem.reason) from None


def _run(work: jobs.Work) -> None:
    job, asked = work.job, work.arguments
    tally = Tally(job.result)
    with storage.open_content(asked["sha256"]) as file:
        export = opened(file, asked["name"], work.check)
        summary = check_configs(stream.recognise(export.content, export.name, work.check))
        total = summary["tasks"] + summary["rejected"]
        work.report(min(tally.position, total), total, f"{total:,} tasks")
        assert job.created_by is not None
        with transaction.atomic():
            found = questions_for(job.project, job.created_by, summary, asked["questions"])
        as_gold = asked["ground_truth"] == "gold"
        of = ExportImport(job.project, job.created_by, found, as_gold, asked["name"], summary["shown"])
        files = Files(job.project, export.members, work.check)
        with stream.parts(export.content, export.name, summary, tally.position, work.check) as parts:
            for part, done in parts:
                contents, placed = contents_of(of, part, files, tally)
                work.check()
                tally.position = done
                with transaction.atomic():
                    store_part(of, contents, placed, tally)
                    _keep(work, tally)
                work.report(done, total)
    with work.finish() as said:
        said.update(tally.as_dict(), summary=_short(summary), questions={one: found[one].pk for one in found})


def _keep(work: jobs.Work, tally: Tally) -> None:
    """Store the tally with the part. Raises LeaseLost if another worker has the job, so that the part is not stored."""
    mine = Job.objects.filter(pk=work.job.pk, lease_token=work.token, state=JobState.RUNNING)
    if not mine.update(result=tally.as_dict()):
        raise LeaseLost


def _short(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what the receipt shows of a summary."""
    counts = {name: value for name, value in summary.items() if isinstance(value, int)}
    problems = {one["name"]: one["problem"] for one in summary["questions"] if one["problem"]}
    return counts | {"not_imported": problems, "problems": summary["problems"]}
