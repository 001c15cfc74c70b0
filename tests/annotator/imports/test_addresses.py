"""Addresses and buckets: what they lead to becomes items, and nothing inside our own network is ever reached."""

import hashlib
import http.server
import io
import os
import re
import socket
import threading
import time
import urllib.request
from ipaddress import ip_network

import boto3
import pytest
from PIL import Image

from annotator import contents, jobs, storage
from annotator.hooks import outgoing
from annotator.intake import addresses, buckets, pictures
from annotator.intake import jobs as intake
from annotator.intake.content import store as content_store
from annotator.intake.found import ADDRESS, FoundContent
from annotator.items import erasure, withdrawal
from annotator.models.job import JobState
from annotator.server import buckets as server_buckets
from annotator.server.buckets import BadBucket
from tests import make
from tests.annotator.imports.files import imported

PICTURES = {"/a.png": make.png(1), "/b.png": make.png(2)}


class Site(http.server.BaseHTTPRequestHandler):
    """Serves pictures, redirects, and breaks off."""

    broken = 0

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", "http://" + path.removeprefix("/to/"))
            self.end_headers()
        elif path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
        elif path == "/breaks.png" and type(self).broken < 1:
            type(self).broken += 1
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"half")
        elif content := PICTURES.get(path, PICTURES["/a.png"] if path == "/breaks.png" else None):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        else:
            self.send_error(404)

    def log_message(self, *args) -> None:
        """Stay silent."""


@pytest.fixture
def site(settings):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.1/32")]
    Site.broken = 0
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db
def test_addresses_of_a_table_become_items_with_what_their_row_says(project, manager, site):
    port = site.rpartition(":")[2]
    content = (
        "id,image,customer,label\n"
        f"1,{site}/a.png,x,cat\n"
        f"2,{site}/to/127.0.0.1:{port}/b.png,x,dog\n"
        f"3,{site}/none.png,x,dog\n"
        f"4,{site}/loop,x,dog\n"
    )
    found = imported(project, manager, "a.csv", content, columns={"label": "field"})
    assert (found.counts["new"], found.counts["rejected"]) == (2, 2), list(found.rejected_rows.values_list())
    item = project.items.get(external_id="2")
    assert (item.modality, item.group, item.fields) == ("picture", "x", {"label": "dog"})
    assert {
        row.number: "404" in row.reason or "redirects too often" in row.reason for row in found.rejected_rows.all()
    } == {
        4: True,
        5: True,
    }


@pytest.mark.django_db
def test_a_connection_that_breaks_off_is_tried_again(project, manager, site):
    found = imported(project, manager, "a.csv", f"id,image\n1,{site}/breaks.png\n")
    assert found.counts["new"] == 1 and Site.broken == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.2/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://0x7f000002/",
        "file:///etc/passwd",
        "http://user:word@example.org/",
        "gopher://example.org/",
    ],
)
def test_private_addresses_are_never_reached(address):
    with pytest.raises((outgoing.Forbidden, outgoing.Unreachable)):
        outgoing.get(address, 1000)


def test_a_redirect_to_a_private_address_is_not_followed(site):
    for target in ("127.0.0.2/a.png", "169.254.169.254/latest", "[::1]/x"):
        with pytest.raises(outgoing.Forbidden, match="private"):
            outgoing.get(f"{site}/to/{target}", 1000)


def test_a_second_answer_of_the_name_server_changes_nothing(site, monkeypatch):
    """The first answer is allowed, any later one is private: the address that was checked is the one that is used."""
    port = int(site.rpartition(":")[2])
    answers = iter(["127.0.0.1"])

    def resolve(host, wanted, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "169.254.169.254"), wanted))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reached: list[str] = []
    monkeypatch.setattr(outgoing, "_connect", lambda found, at: reached.extend(found) or _connected(found[0], at))
    assert outgoing.get(f"http://rebinding.example:{port}/a.png", 1000) == PICTURES["/a.png"]
    assert reached == ["127.0.0.1"]


def _connected(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.connect((host, port))
    return made


@pytest.fixture
def s3(settings, monkeypatch):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", b""), timeout=10).close()
    client = boto3.client("s3")
    client.create_bucket(Bucket="photos")
    client.create_bucket(Bucket="private")
    for number, key in enumerate(("2026/cats/a.png", "2026/cats/Thumbs.db", "2026/dogs/b.png", "2025/c.png"), 20):
        client.put_object(Bucket="photos", Key=key, Body=make.png(number))
    client.put_object(Bucket="private", Key="a.png", Body=make.png(3))
    settings.IMPORT_BUCKETS = ["photos/2026"]
    yield client
    server.stop()


@pytest.mark.django_db
def test_a_prefix_of_a_bucket_is_imported_with_its_paths(project, manager, s3):
    job = intake.ask_bucket(project, manager, "s3://photos/2026/")
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE and job.result["new"] == 2, job.error
    assert set(project.items.values_list("path", flat=True)) == {"2026/cats/a.png", "2026/dogs/b.png"}


@pytest.mark.django_db
def test_only_allowed_buckets_are_read(project, manager, s3):
    for address in (
        "s3://private/a.png",
        "s3://photos/2025/",
        "s3://photos/2026x/",
        "s3://photos/",
        "https://photos/2026/",
    ):
        with pytest.raises(BadBucket):
            intake.ask_bucket(project, manager, address)
    found = imported(project, manager, "a.csv", "id,image\n1,s3://private/a.png\n2,s3://photos/2026/cats/a.png\n")
    assert found.counts["new"] == 1 and "not among those" in found.rejected_rows.get().reason


@pytest.mark.django_db
def test_wrong_credentials_in_the_middle_leave_what_is_imported_and_it_goes_on(project, manager, s3, monkeypatch):
    job = intake.ask_bucket(project, manager, "s3://photos/2026/")
    real, done = buckets._read, []

    def refusing(client, bucket, key):
        if done:
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "GetObject")
        done.append(key)
        return real(client, bucket, key)

    monkeypatch.setattr(buckets, "_read", refusing)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.FAILED and "credentials have expired" in job.error and "1 of 2 files" in job.error
    assert project.items.count() == 1
    monkeypatch.setattr(buckets, "_read", real)
    intake.ask_bucket(project, manager, "s3://photos/2026/")
    make.run_jobs()
    assert project.items.count() == 2


@pytest.fixture
def referenced(project, manager, s3):
    """Return the items of a bucket that stay in it."""
    picture = Image.open(io.BytesIO(make.png(7, (20, 10), "JPEG")))
    exif = picture.getexif()
    exif[0x0112] = 6  # lies on its side
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    s3.put_object(Bucket="photos", Key="2026/dogs/turned.jpg", Body=buffer.getvalue())
    s3.put_object(Bucket="photos", Key="2026/dogs/what is this?#1.png", Body=make.png(201))
    s3.put_object(Bucket="photos", Key="2026/notes.txt", Body=b"Some words about dogs")
    job = intake.ask_bucket(project, manager, "s3://photos/2026/", by_reference=True)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE and (job.result["new"], job.result["left_in_bucket"]) == (5, 3), job.error
    return {item.path.rpartition("/")[2]: item for item in project.items.all()}


@pytest.mark.django_db
def test_pictures_may_stay_in_their_bucket(project, referenced, s3):
    item = referenced["a.png"]
    assert item.reference == "s3://photos/2026/cats/a.png" and item.width == 8
    assert not storage.exists(storage.content_key(item.sha256))
    asked = [one.sha256 for one in referenced.values()]
    read = contents.read(project.pk, asked)
    assert [hashlib.sha256(one).hexdigest() for one in read] == asked, "a training gets what was imported"
    turned = referenced["turned.jpg"]
    assert turned.reference == "" and (turned.width, turned.height) == (10, 20), "what is converted is copied"
    assert referenced["notes.txt"].text == "Some words about dogs"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a.png", "what is this?#1.png"])
def test_people_see_what_is_in_the_bucket_and_who_answers_sees_no_key(project, referenced, as_role, name):
    item = referenced[name]
    address = f"/api/v1/projects/{project.pk}/content/{item.sha256}/"
    for role in ("manager", "annotator"):
        response = as_role(role).get(address)
        assert response.status_code == 200 and hashlib.sha256(response.content).hexdigest() == item.sha256
        assert "2026/" not in str(response.headers)
    shown = as_role("reviewer").get(f"/api/v1/projects/{project.pk}/items/?sha256={item.sha256}").json()
    assert shown["results"][0]["reference"] == ""
    page = as_role("manager").get(f"/projects/{project.pk}/items/{item.pk}/")
    assert item.reference in page.content.decode()
    [link] = re.findall(r'href="(http[^"]*photos[^"]*)"', page.content.decode())
    assert "X-Amz-Expires=600" in link
    with urllib.request.urlopen(link.replace("&amp;", "&"), timeout=10) as response:
        assert hashlib.sha256(response.read()).hexdigest() == item.sha256
        assert response.headers["Content-Type"] == "image/png"
    page = as_role("reviewer").get(f"/projects/{project.pk}/items/{item.pk}/").content.decode()
    assert "photos" not in page and "Amz" not in page


@pytest.mark.django_db
def test_an_object_that_changes_is_not_shown_and_not_learned_from(project, referenced, s3, as_role):
    item = referenced["a.png"]
    s3.put_object(Bucket="photos", Key="2026/cats/a.png", Body=make.png(99))
    with pytest.raises(contents.Changed):
        contents.read(project.pk, [item.sha256])
    assert as_role("annotator").get(f"/api/v1/projects/{project.pk}/content/{item.sha256}/").status_code == 404
    s3.delete_object(Bucket="photos", Key="2026/cats/a.png")
    with pytest.raises(storage.Missing):
        contents.read(project.pk, [item.sha256])


@pytest.mark.django_db
def test_a_bucket_that_is_not_allowed_any_more_is_not_read(project, referenced, settings, as_role):
    settings.IMPORT_BUCKETS = ["photos/2025"]
    address = f"/api/v1/projects/{project.pk}/content/{referenced['a.png'].sha256}/"
    assert as_role("manager").get(address).status_code == 404
    assert as_role("annotator").get(address).status_code == 404


@pytest.mark.django_db
def test_erasing_forgets_where_an_object_is_and_leaves_the_bucket_alone(project, manager, referenced, s3):
    item = referenced["a.png"]
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    item.refresh_from_db()
    assert item.reference == "" and s3.get_object(Bucket="photos", Key="2026/cats/a.png")


@pytest.mark.django_db
def test_a_bucket_is_imported_over_the_api(project, manager, s3, api):
    base = f"/api/v1/projects/{project.pk}/items/"
    response = api(manager).post(base, {"bucket": "s3://photos/2026/", "by_reference": "true", "inner": "tags"})
    assert response.status_code == 202, response.data
    make.run_jobs()
    assert {tuple(item.tags) for item in project.items.exclude(reference="")} == {("cats",), ("dogs",)}
    response = api(manager).post(base, {"bucket": "s3://private/"})
    assert response.status_code == 400 and "not among those" in str(response.data["bucket"])


class Broken(http.server.BaseHTTPRequestHandler):
    """A bucket that breaks off, or does not answer."""

    silent, asked = threading.Event(), 0
    ended = threading.Event()
    body = b"a line of words\n" * 500

    def do_GET(self) -> None:
        type(self).asked += 1
        if self.silent.is_set():
            self.ended.wait(30)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body[: len(self.body) // 2] if self.asked < 3 else self.body)

    def log_message(self, *args) -> None:
        """Stay silent."""


@pytest.fixture
def broken(s3, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(Broken, "asked", 0)
    Broken.silent.clear()
    Broken.ended.clear()
    server_buckets._Waiting.rests_until = 0.0
    yield Broken
    Broken.ended.set()
    server.shutdown()
    server.server_close()
    thread.join()
    server_buckets._Waiting.rests_until = 0.0


def test_an_object_that_breaks_off_is_read_again_and_never_taken_for_whole(broken, monkeypatch):
    monkeypatch.setattr(server_buckets.time, "sleep", lambda seconds: None)
    assert server_buckets.read("s3://photos/2026/a.txt", 10**6) == broken.body and broken.asked == 3
    broken.asked = -10
    with pytest.raises(BadBucket):
        server_buckets.read("s3://photos/2026/a.txt", 10**6)
    with pytest.raises(BadBucket, match="more than 100 bytes"):
        server_buckets.read("s3://photos/2026/a.txt", 100)


@pytest.mark.django_db
def test_a_bucket_that_does_not_answer_holds_nobody_up(project, referenced, broken, as_role):
    broken.silent.set()
    browser, address = as_role("annotator"), f"/api/v1/projects/{project.pk}/content/{referenced['a.png'].sha256}/"
    began = time.monotonic()
    responses = [browser.get(address) for _ in range(5)]
    assert [one.status_code for one in responses] == [503] * 5 and responses[0]["Retry-After"]
    assert time.monotonic() - began < 20 and broken.asked == 1, "after the first, nobody waits"


@pytest.mark.django_db
def test_an_import_of_addresses_is_cancelled_while_a_bucket_is_silent(project, manager, broken):
    broken.silent.set()
    checks = iter(range(3))

    def check() -> None:
        if next(checks, None) is None:
            raise jobs.Cancelled

    row = FoundContent("a.csv, line 2", b"s3://photos/2026/a.png", ADDRESS, "")
    began = time.monotonic()
    with pytest.raises(jobs.Cancelled):
        addresses.fetched([row], [], check)
    assert time.monotonic() - began < 10


@pytest.mark.django_db
def test_a_prefix_without_its_slash_is_not_the_beginning_of_other_folders(project, manager, s3):
    s3.put_object(Bucket="photos", Key="2026-private/secret.png", Body=make.png(77))
    s3.put_object(Bucket="photos", Key="2026x.png", Body=make.png(78))
    intake.ask_bucket(project, manager, "s3://photos/2026")
    make.run_jobs()
    assert set(project.items.values_list("path", flat=True)) == {"2026/cats/a.png", "2026/dogs/b.png"}


@pytest.mark.django_db
def test_a_copy_goes_when_it_is_erased_though_another_project_refers_to_the_bucket(project, manager, referenced):
    item, other = referenced["a.png"], make.project(manager)
    copied = content_store(other, [pictures.check_picture("a.png", contents.read_item(item))])[0]
    assert copied.sha256 == item.sha256 and storage.exists(storage.content_key(item.sha256))
    withdrawal.withdraw(other, [copied.pk], manager, "She asked")
    erasure.erase(other, [copied.pk], manager, "She asked")
    make.run_jobs()
    assert not storage.exists(storage.content_key(item.sha256))
    assert contents.read(project.pk, [item.sha256])
