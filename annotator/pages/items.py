"""Items: looked at, and brought in."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator.intake import archives, files, upload
from annotator.models import Project, Split
from annotator.pages.jobs import summary
from annotator.people.body_gate import takes_body
from annotator.people.permissions import ProjectRequest, project_page
from annotator.server.limits import MB

A_PAGE = 60


@project_page("view_items")
def item_list(
    request: ProjectRequest, project: Project, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    """Show the items, by split."""
    split = request.GET.get("split", "")
    items = project.items.order_by("pk")
    chosen = items.filter(split=split) if split in Split.values else items
    page = Paginator(chosen, A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "annotator/items.html",
        {
            "page": page,
            "split": split,
            "endings": ",".join(f".{ending}" for ending in (*files.ENDINGS, *archives.ENDINGS)),
            "problems": problems or [],
            "imported": [_count(request, name) for name in ("new", "known")] if "new" in request.GET else None,
            **summary(project),
            "splits": Split.choices,
            "train": items.filter(split=Split.TRAIN).count(),
            "test": items.filter(split=Split.TEST).count(),
        },
        status=status,
    )


def _count(request: ProjectRequest, name: str) -> int:
    """Return a count from the address that an import leads to; 0 for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@takes_body(upload.MOST_ARCHIVE_BYTES + MB)
@require_POST
@project_page("add_items")
def add(request: ProjectRequest, project: Project) -> HttpResponse:
    """Import files or one archive. If anything is refused, the page says why and nothing is stored."""
    files = request.FILES.getlist("files")
    zips = [file for file in files if archives.is_archive(file.name or "")]
    try:
        if zips and len(files) > 1:
            raise upload.BadUpload(["Send one archive by itself, or files."])
        if zips:
            upload.archive(project, request.user, zips[0])
        else:
            result = upload.direct(project, request.user, files)
            counts = {"new": len(result), "known": result.known}
            return redirect(reverse("items", args=[project.pk], query=counts))
    except upload.BadUpload as problem:
        return item_list(request, project.pk, problems=problem.reasons, status=400)
    except archives.BadArchive as problem:
        return item_list(request, project.pk, problems=[str(problem)], status=400)
    return redirect("items", project.pk)
