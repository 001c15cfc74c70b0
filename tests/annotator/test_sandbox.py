"""Files that are made to take more than they should: each ends at its limit, and leaves nothing behind."""

import dataclasses
import json
import resource
import subprocess
import sys
import threading
import time
import zipfile

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotator import jobs
from annotator.intake import archives, files, found, reader, sandbox, unpacking, upload, zips
from annotator.intake import jobs as imports
from annotator.intake.content import BadContent
from annotator.models import Item, Modality
from annotator.models.job import JobState
from tests import hostile, make
from tests.stand import command_of

SHORT = dataclasses.replace(sandbox.WAITED_FOR, core_seconds=1, part_seconds=3, seconds=3)
# Where time is not what is tested.
LONG = dataclasses.replace(sandbox.WAITED_FOR, core_seconds=300, part_seconds=300, seconds=300)
ENDLESS = hostile.endless_pdf(pages=1)


def readers():
    return [
        process
        for process in psutil.Process().children()  # a stand that runs beside has readers of its own
        if "annotator.intake.reader" in command_of(process)
    ]


@pytest.fixture(autouse=True)
def _no_reader():
    """Begin and end without a reader, so that a test sees its own."""

    def end():
        while sandbox._free:
            sandbox._free.pop().end()

    end()
    yield
    end()
    assert not readers()


def test_a_page_that_is_never_drawn_ends_at_its_limit_and_the_next_file_is_read():
    with pytest.raises(sandbox.TooCostly, match=r"endless\.pdf: it takes too .*ZIP archive"):
        sandbox.read("endless.pdf", ENDLESS, SHORT)
    assert not readers()
    assert sandbox.read("a.png", make.png(1), LONG)[0].width


def test_the_clock_ends_it_too():
    slow = dataclasses.replace(SHORT, core_seconds=100, part_seconds=0.5)
    with pytest.raises(sandbox.TooCostly, match="too long"):
        sandbox.read("endless.pdf", ENDLESS, slow)
    assert not readers()


def test_whoever_does_not_want_it_any_more_ends_it():
    asked = 0

    def check():
        nonlocal asked
        asked += 1
        if asked == 3:
            raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        sandbox.read("endless.pdf", ENDLESS, sandbox.IN_A_JOB, check)
    assert asked == 3 and not readers()


def test_a_reader_that_died_is_replaced():
    sandbox.read("a.png", make.png(1))
    [process] = readers()
    process.kill()
    process.wait()
    assert sandbox.read("b.png", make.png(2))[0].name == "b.png"


def test_a_reader_ends_with_whoever_asked_also_amid_a_file():
    """They are killed as a machine short of memory kills: nothing of theirs runs any more."""
    code = "from annotator.intake import sandbox; from tests import hostile; "
    code += "sandbox.read('endless.pdf', hostile.endless_pdf(pages=1), sandbox.IN_A_JOB)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=sandbox.ROOT) as asking:
        deadline, drawing = time.monotonic() + 30, None
        while drawing is None and time.monotonic() < deadline:
            time.sleep(0.05)
            found_ = psutil.Process(asking.pid).children()
            drawing = next((one for one in found_ if one.cpu_times().user > 1), None)
        asking.kill()
    assert drawing is not None, "nothing was drawn"
    _, alive = psutil.wait_procs([drawing], timeout=5)
    assert not alive


def test_a_reader_is_kept_for_the_next_file_also_after_one_that_is_refused():
    sandbox.read("a.png", make.png(1))
    [first] = readers()
    with pytest.raises(BadContent, match="no PNG"):
        sandbox.read("b.png", b"nothing")
    sandbox.read("c.png", make.png(2))
    assert readers() == [first] and len(sandbox._free) == 1


def test_a_reader_is_limited_and_knows_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    sandbox.read("a.png", make.png(1))
    [process] = readers()
    assert process.rlimit(psutil.RLIMIT_AS)[1] == reader.MOST_MEMORY
    assert process.rlimit(psutil.RLIMIT_CORE)[1] == 0
    assert process.rlimit(psutil.RLIMIT_CPU)[0] != resource.RLIM_INFINITY
    assert not {name for name in process.environ() if name not in sandbox.KEPT} - {"PYTHONUTF8", "LC_CTYPE"}


def test_a_file_that_needs_more_memory_than_there_is_is_refused(monkeypatch):
    def parts(*arguments):
        raise MemoryError

    monkeypatch.setattr(reader.files, "parts", parts)
    monkeypatch.setattr(reader, "_allow", lambda seconds: None)
    monkeypatch.setattr(reader.os, "pread", lambda *arguments: b"")
    said = reader._read({"seconds": 1, "size": 0, "name": "a.png", "direct": False, "most_bytes": 1}, 0, 0)
    assert said["costly"] and "memory" in said["bad"]


def test_nobody_waits_for_ever_where_all_readers_are_busy(monkeypatch):
    monkeypatch.setattr(sandbox, "_places", threading.BoundedSemaphore(1))
    with (
        sandbox.reading("a.png", make.png(1), LONG),
        pytest.raises(sandbox.Busy, match="again in a minute"),
    ):
        sandbox.read("b.png", make.png(2), dataclasses.replace(LONG, wait=0.2))


def test_what_is_read_is_what_reading_it_here_gives():
    wide = "text;user\n" + "\n".join(f"said {n};u{n}" for n in range(300))
    for name, content in {
        "a.png": make.png(4),
        "a.pdf": hostile.endless_pdf(pages=3, strokes=2, side=300),
        "a.csv": wide.encode(),
        "a.html": b"<p>Hello</p>",
        "a.wav": hostile.sound(5000),
    }.items():
        assert sandbox.read(name, content) == files.read(name, content)


def test_rows_that_repeat_long_names_do_not_fill_the_disk():
    names = ",".join(f"{n}{'x' * 400}" for n in range(200))
    table = (names + "\n" + ("1" + "," * 199 + "\n") * 500).encode()
    assert len(table) < 200_000
    with pytest.raises(BadContent, match="unpacks to more than 10 MB"):
        sandbox.read("a.csv", table, dataclasses.replace(LONG, most_bytes=10 * 2**20))
    with pytest.raises(BadContent, match="at most 200"):
        sandbox.read("a.csv", b",".join(b"a%d" % n for n in range(1000)) + b"\n")


def test_the_media_of_readers_are_those_of_items():
    assert {found.PICTURE, found.TEXT, found.HTML, found.AUDIO, found.ROW, found.PAIR} == set(Modality.values)


# Uploads


@pytest.mark.django_db
def test_an_upload_that_takes_too_long_is_refused_whole(project, manager, api, monkeypatch):
    monkeypatch.setattr(sandbox, "WAITED_FOR", SHORT)
    sent = [SimpleUploadedFile("good.png", make.png(1))]
    sent += [SimpleUploadedFile(f"endless{n}.pdf", ENDLESS) for n in range(8)]
    said = api(manager).post(f"/api/v1/projects/{project.pk}/items/", {"files": sent})
    reasons = said.json()["files"]
    assert said.status_code == 400 and "too" in reasons[0] and "no time left" in reasons[-1]
    assert len(reasons) < 8, "all files together have the time of one"
    assert not Item.objects.exists() and not readers()


# Archives


def imported(project, manager, content, monkeypatch, limits=None):
    if limits:
        monkeypatch.setattr(sandbox, "IN_A_JOB", limits)
    job = imports.ask(project, manager, "a.zip", SimpleUploadedFile("a.zip", content))
    make.run_jobs()
    job.refresh_from_db()
    return job


@pytest.mark.django_db
def test_a_small_archive_of_large_empty_sounds_takes_no_room(project, manager, monkeypatch):
    content = hostile.archive({"a.png": make.png(1), **{f"{n}.wav": hostile.sound(49 * 2**20, n) for n in range(3)}})
    assert len(content) < 2**20
    job = imported(project, manager, content, monkeypatch)
    assert job.state == JobState.DONE and job.result["refused"] == 3
    assert "more than 200 times its size" in job.result["reasons"][0]
    assert project.items.get().name == "a.png"


@pytest.mark.django_db
def test_contents_are_stored_in_batches_of_so_many_bytes(project, manager, monkeypatch):
    stored = []
    real = imports.store_new
    monkeypatch.setattr(
        imports,
        "store_new",
        lambda to, some, **more: stored.append(sum(len(c.content) for c in some)) or real(to, some, **more),
    )
    monkeypatch.setattr(imports, "BATCH_BYTES", 100_000)
    sounds = {f"{n}.wav": hostile.sound(40_000, n) for n in range(10)}
    job = imported(project, manager, hostile.archive(sounds, zipfile.ZIP_STORED), monkeypatch)
    assert job.result["refused"] == 0 and project.items.count() == 10
    assert stored == [120_000, 120_000, 120_000, 40_000]


@pytest.mark.django_db
def test_an_archive_that_unpacks_to_too_much_is_taken_in_up_to_there(project, manager, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 100_000)
    sounds = {f"{n}.wav": hostile.sound(40_000, n) for n in range(5)}
    job = imported(project, manager, hostile.archive(sounds, zipfile.ZIP_STORED), monkeypatch)
    assert job.state == JobState.DONE and project.items.count() == 2
    assert job.result["refused"] == 3 and "unpacks to more than" in job.result["reasons"][0]


@pytest.mark.slow  # a limit that the picture keeps on a busy machine too
@pytest.mark.django_db
def test_an_archive_of_endless_documents_stops(project, manager, monkeypatch):
    monkeypatch.setattr(imports, "MOST_COSTLY", 2)
    documents = {f"{n}.pdf": ENDLESS + b"%%%d" % n for n in range(6)}
    content = hostile.archive({"a.png": make.png(1), **documents})
    job = imported(project, manager, content, monkeypatch, SHORT)
    assert job.state == JobState.FAILED and "2 files took too much time" in job.error
    assert project.items.count() == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_files_packed_by_a_method_that_unpacks_whole_parts_are_refused(method):
    import io

    [member] = archives.open_archive(io.BytesIO(hostile.archive({"a.wav": hostile.sound(49 * 2**20)}, method)))
    with pytest.raises(archives.BadArchive, match="method that is not taken"):
        member.read()


def test_a_list_of_files_that_is_too_long_is_not_read(monkeypatch):
    import io

    content = hostile.archive({f"{n}.txt": b"x" for n in range(50)})
    monkeypatch.setattr(zips, "MOST_LISTING", 1000)
    monkeypatch.setattr(zipfile, "ZipFile", lambda file: pytest.fail("the list was read"))
    with pytest.raises(archives.BadArchive, match="holds more than"):
        archives.open_archive(io.BytesIO(content))


@pytest.mark.django_db(transaction=True)
def test_an_import_is_cancelled_while_a_document_is_drawn(project, manager, monkeypatch):
    """It stops long before the document's limits: those would have named it among the files refused."""
    content = hostile.archive({"a.png": make.png(1), "endless.pdf": hostile.endless_pdf()})
    job = imports.ask(project, manager, "a.zip", SimpleUploadedFile("a.zip", content))
    begun = threading.Event()
    real = sandbox._asked

    def asked(name, *rest):
        found_ = real(name, *rest)
        if name == "endless.pdf":
            begun.set()
        return found_

    monkeypatch.setattr(sandbox, "_asked", asked)

    def cancel():
        from django.db import connection

        assert begun.wait(30)
        jobs.ask_to_cancel(job)
        connection.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    jobs.run(job.pk)
    thread.join()
    job.refresh_from_db()
    assert begun.is_set() and job.state == JobState.CANCELLED and not readers()
    assert json.dumps(job.result or {}).count("endless") == 0


@pytest.mark.django_db
def test_each_file_of_an_upload_takes_only_its_own_room(project, manager, monkeypatch):
    monkeypatch.setattr(sandbox, "WAITED_FOR", dataclasses.replace(sandbox.WAITED_FOR, most_bytes=100_000))
    texts = [SimpleUploadedFile(f"{number}.txt", f"{number}".encode() * 10_000) for number in range(6)]
    assert len(upload.direct(project, manager, texts)) == 6, "60,000 bytes together"
