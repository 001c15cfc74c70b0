"""What it costs an import that each file is read in a process of its own: the same import with and without, in turn."""

import contextlib
import io
import os
import tempfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.figure import figure

ROUNDS = 3
SMALL, PHOTOS = 2_000, 200


def small() -> bytes:
    """Return an archive of small PNG pictures, each another."""
    return _archive("png", [_picture(number, 64, 64, "PNG") for number in range(SMALL)])


def photos() -> bytes:
    """Return an archive of photos of a megapixel."""
    return _archive("jpg", [jpeg(number) for number in range(PHOTOS)])


def jpeg(number: int) -> bytes:
    """Return a JPEG of a megapixel."""
    return _picture(number, 1152, 868, "JPEG")


def _picture(number: int, width: int, height: int, form: str) -> bytes:
    coarse = np.random.default_rng(number).integers(
        0, 255, (max(4, height // 16), max(4, width // 16), 3), dtype=np.uint8
    )
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(buffer, form)
    return buffer.getvalue()


def _archive(ending: str, contents: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.{ending}", content)
    return buffer.getvalue()


def run() -> None:
    """Print the figures."""
    import django

    import tests.surroundings  # noqa: F401  # a state folder and a PostgreSQL of our own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    django.setup()
    from django.core.management import call_command

    from annotator.server import broker

    call_command("migrate", verbosity=0)
    broker.ensure()
    for name, content in (("small", small()), ("photos", photos())):
        took: dict[str, list[float]] = {"here": [], "apart": []}
        for turn in range(ROUNDS):
            for way in ("here", "apart") if turn % 2 else ("apart", "here"):
                took[way].append(_import(content, way))
        here, apart = min(took["here"]), min(took["apart"])
        count = SMALL if name == "small" else PHOTOS
        figure(
            f"separate_process.{name}_files_per_s",
            count / apart,
            "1/s",
            f"{count / here:.0f} read in the worker itself",
        )
        figure(f"separate_process.{name}_lost_share", 1 - here / apart, "ratio", "<= 0.2")


def _import(content: bytes, way: str) -> float:
    """Return the seconds of one import, into a project and a storage of its own."""
    from django.conf import settings

    from annotator import jobs
    from annotator.intake import archives, files, sandbox
    from annotator.intake import jobs as imports
    from annotator.models.job import JobState
    from tests import make

    @contextlib.contextmanager
    def here(name: str, given: bytes, limits: Any, check: Callable[[], None]) -> Iterator[Iterator[Any]]:
        check()
        yield iter(files.read(name, given))

    apart = sandbox.reading
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        settings.MARGINALIA_STORAGE = str(Path(folder) / "storage")
        project = make.project(make.user(uuid.uuid4().hex[:20]), name="Bench")
        job = imports.ask(project, project.created_by, "a.zip", io.BytesIO(content))
        sandbox.read("warm.png", make.png(1))
        sandbox.reading = here if way == "here" else apart
        try:
            begun = time.perf_counter()
            jobs.run(job.pk)
            took = time.perf_counter() - begun
        finally:
            sandbox.reading = apart
        job.refresh_from_db()
        count = archives.open_archive(io.BytesIO(content)).total
        assert job.state == JobState.DONE and project.items.count() == count, job.error
    return took


if __name__ == "__main__":
    run()
