"""ZIP and TAR archives: paths are kept, what systems add is skipped, links and bombs lead nowhere."""

import gzip
import io
import struct
import tarfile
import unicodedata
import zipfile

import pytest

from annotator.intake import archives, tars, unpacking, zips
from annotator.intake import jobs as imports
from annotator.models.job import JobState
from tests import make


def zipped(contents: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            # Without the time: the same bytes each time.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer


def tarred(contents: dict[str, bytes], mode: str = "w:gz", more: tuple[tarfile.TarInfo, ...] = ()) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return buffer


JUNK = {"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "sub/Thumbs.db": b"x", "desktop.ini": b"x", "sub/._b.png": b"x"}
E_ACUTE = [unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
FILES = {"a.png": make.png(1), "sub/a.png": make.png(2), E_ACUTE[0]: make.png(3), E_ACUTE[1]: make.png(4)}


@pytest.mark.parametrize("pack", [zipped, tarred, lambda contents: tarred(contents, "w:")])
def test_paths_are_kept_and_what_systems_add_is_skipped(pack):
    found = {member.path: member.read() for member in archives.open_archive(pack({**FILES, **JUNK}))}
    assert found == FILES


@pytest.mark.django_db
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_items_of_an_archive_know_their_path(project, manager, pack):
    job = imports.ask(
        project, manager, "a.archive", pack({**FILES, **JUNK, "sub/b.txt": b"", "c.csv": b"text,n\nx,1\n\ny\n"})
    )
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    assert {(item.name, item.path) for item in project.items.filter(modality="picture")} == {
        ("a.png", ""),
        ("a.png", "sub/a.png"),
        *((name, "") for name in E_ACUTE),
    }
    assert (job.result["files"], job.result["new"], job.result["known"], job.result["refused"]) == (6, 5, 0, 2)
    assert any("line 4" in one for one in job.result["reasons"]), job.result["reasons"]
    assert any(one.startswith("sub/b.txt: ") for one in job.result["reasons"]), "an archive may hold many of that name"
    again = imports.ask(project, manager, "a.archive", pack(FILES))
    make.run_jobs()
    again.refresh_from_db()
    assert (again.result["new"], again.result["known"]) == (0, 4)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/olute.png", "abs/olute.png"),
        ("C:\\Users\\me\\cat.png", "Users/me/cat.png"),
        ("a/./b/../c.png", "a/b/c.png"),
        ("a\x00b/\n.png", "ab/.png"),
        ("..", "unnamed"),
    ],
)
def test_a_path_is_only_a_name(path, clean):
    assert unpacking.clean_path(path) == clean


def test_a_name_in_utf_8_that_the_archive_does_not_call_so_is_read():
    content = zipped({"AAA.png": b"x"}).getvalue().replace(b"AAA.png", "é日.png".encode()[:7].ljust(7, b"x"))
    plain = zipped({"café.png": b"x"}).getvalue()
    marked = plain.replace(b"\x00\x08\x00\x00", b"\x00\x00\x00\x00")
    for one in (content, plain, marked):
        [member] = archives.open_archive(io.BytesIO(one))
        assert member.path.endswith("png") or "é" in member.path


def test_links_and_devices_of_a_tar_are_not_followed():
    symbolic, hard, device = (tarfile.TarInfo(f"{kind}.png") for kind in ("symbolic", "hard", "device"))
    symbolic.type, symbolic.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard.type, hard.linkname = tarfile.LNKTYPE, "a.png"
    device.type = tarfile.CHRTYPE
    members = list(_read_all(tarred({"a.png": b"one"}, more=(symbolic, hard, device))))
    assert members[0] == ("a.png", b"one")
    assert all("a link or a device" in str(reason) for _, reason in members[1:]) and len(members) == 4


def _read_all(file):
    for member in archives.open_archive(file):
        try:
            yield member.path, member.read()
        except archives.BadArchive as problem:
            yield member.path, problem


def test_a_tar_that_unpacks_to_too_much_stops():
    bomb = tarred({"a.txt": b"one", **{f"{n}.txt": bytes(40 * 2**20) for n in range(12)}})
    assert len(bomb.getvalue()) < 2**20
    read = []
    with pytest.raises(archives.Full, match="200 times its size"):
        for member in archives.open_archive(bomb):
            read.append(member.path)
            member.read()
    assert read[0] == "a.txt" and len(read) < 12


def test_a_file_that_is_too_large_is_skipped_and_the_next_is_read():
    large = tarfile.TarInfo("large.txt")
    large.size = 51 * 2**20
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:") as archive:
        archive.addfile(large, io.BytesIO(bytes(large.size)))
        small = tarfile.TarInfo("small.txt")
        small.size = 3
        archive.addfile(small, io.BytesIO(b"one"))
    [first, second] = _read_all(buffer)
    assert "more than 50 MB" in str(first[1]) and second == ("small.txt", b"one")


@pytest.mark.django_db
def test_a_tar_that_breaks_off_is_taken_in_up_to_there(project, manager):
    contents = {f"{n}.png": make.png(n, (64, 64)) + bytes(3000) for n in range(5)}
    broken = io.BytesIO(tarred(contents, "w:").getvalue()[: 4 * 4096 - 700])
    job = imports.ask(project, manager, "a.tar", broken)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    assert (
        1 <= project.items.count() < 5
        and job.result["refused"] >= 1
        and "rest is left out" in job.result["reasons"][-1]
    )


NO_ARCHIVE = {
    "nothing": b"",
    "words": b"words",
    "packed words": gzip.compress(b"words"),
    "half a ZIP": b"PK\x03\x04",
    "half a gzip": b"\x1f\x8b broken",
}


@pytest.mark.parametrize("content", NO_ARCHIVE.values(), ids=NO_ARCHIVE)
def test_what_is_no_archive_is_refused(content):
    with pytest.raises(archives.BadArchive, match="no ZIP or TAR"):
        archives.open_archive(io.BytesIO(content))


def test_an_archive_in_an_archive_is_not_opened():
    from annotator.intake import files
    from annotator.intake.found import BadContent

    with pytest.raises(BadContent, match="not taken"):
        files.read("inner.zip", zipped(FILES).getvalue())
    assert tars.is_tar(tarred(FILES)) and not tars.is_tar(zipped(FILES))


def directory(count: int, stated: int) -> io.BytesIO:
    """Return a ZIP whose directory has some entries, and whose end states another number."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    listing = entry * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, stated, stated, len(listing), 0, 0)
    return io.BytesIO(listing + end)


@pytest.mark.parametrize("stated", [1, 65535])
def test_a_zip_of_too_many_files_is_refused_before_its_directory_is_read(stated, monkeypatch):
    def read(*given):
        raise AssertionError("ZipFile makes an object for each entry")

    monkeypatch.setattr(zips.zipfile, "ZipFile", read)
    with pytest.raises(archives.BadArchive, match="more than 100,000 files"):
        archives.open_archive(directory(200_000, stated))


def test_a_locked_file_is_named_in_plain_words():
    packed = bytearray(zipped({"a.png": make.png(1)}).getvalue())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + at] |= 1
    [member] = archives.open_archive(io.BytesIO(bytes(packed)))
    with pytest.raises(archives.BadArchive, match="it is locked by a password"):
        member.read()


def test_a_size_below_zero_does_not_hide_the_next_file():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a.txt", "b.txt"):
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = 3, {"size": "-512"} if name == "a.txt" else {}
            archive.addfile(info, io.BytesIO(b"abc"))
    with pytest.raises(archives.Full, match="broken"):
        list(archives.open_archive(buffer))
