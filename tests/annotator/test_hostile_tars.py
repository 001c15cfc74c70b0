"""TAR archives that lie about sizes end with a reason, at once and without memory."""

import io
import tarfile
import tracemalloc

import pytest

from annotator.intake import archives
from annotator.intake.unpacking import BadArchive
from tests import make


def tar(**headers: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a.png", "b.png"):
            info = tarfile.TarInfo(name)
            info.size = len(make.png(1))
            info.pax_headers = headers
            archive.addfile(info, io.BytesIO(make.png(1)))
    buffer.seek(0)
    return buffer


def test_a_good_archive_is_read():
    assert [one.path for one in archives.open_archive(tar())] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "headers", [{"size": "9" * 20}, {"size": "9" * 15}, {"GNU.sparse.map": "x,y", "GNU.sparse.size": "z"}]
)
def test_a_size_that_is_a_lie_ends_with_a_reason(headers):
    with pytest.raises(BadArchive, match="is broken"):
        list(archives.open_archive(tar(**headers)))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_many_megabytes_is_not_read(kind):
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 50_000_000
    file = io.BytesIO(info.tobuf() + b"0" * info.size + bytes(10240))
    tracemalloc.start()
    with pytest.raises(BadArchive, match="header is too large"):
        list(archives.open_archive(file))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
