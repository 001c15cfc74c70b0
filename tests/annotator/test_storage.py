"""Blobs, in a folder and in a bucket: the same promises."""

import pytest

from annotator import storage
from tests.standins.s3 import s3_server


@pytest.fixture(scope="module")
def bucket():
    with s3_server("pictures") as environment:
        yield environment


@pytest.fixture(params=["folder", "bucket"])
def place(request, settings, tmp_path, monkeypatch):
    if request.param == "folder":
        settings.MARGINALIA_STORAGE = str(tmp_path / "blobs")
    else:
        for name, value in request.getfixturevalue("bucket").items():
            monkeypatch.setenv(name, value)
        settings.MARGINALIA_STORAGE = "s3://pictures/some/prefix"
        storage._store.cache_clear()
    return request.param


def test_what_is_put_is_got(place):
    storage.put("runs/1/weights.safetensors", b"weights")
    assert storage.get("runs/1/weights.safetensors") == b"weights" and storage.exists("runs/1/weights.safetensors")


def test_what_is_not_there_is_missing(place):
    assert not storage.exists("runs/2/x")
    with pytest.raises(storage.Missing):
        storage.get("runs/2/x")


def test_what_is_deleted_is_gone_and_deleting_twice_is_no_harm(place):
    storage.put("runs/3/x", b"1")
    storage.delete("runs/3/x")
    storage.delete("runs/3/x")
    assert not storage.exists("runs/3/x")


def test_content_lies_under_its_hash(place):
    sha256 = storage.put_content(b"a picture")
    assert storage.put_content(b"a picture") == sha256
    assert storage.get_content(sha256) == b"a picture"
