"""What people brought in is shown and never run."""

import pytest
from django.test import Client

from annotator import storage
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(project):
    return make.items(project)[0]


@pytest.fixture
def browser(manager):
    client = Client()
    client.force_login(manager)
    return client


def test_a_picture_comes_under_a_policy_of_its_own_and_is_kept(item, browser):
    response = browser.get(f"/api/v1/projects/{item.project_id}/content/{item.sha256}/")
    assert response.content == storage.get_content(item.sha256)
    assert response["Content-Type"] == "image/png" and "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff" and "immutable" in response["Cache-Control"]
    again = browser.get(
        f"/api/v1/projects/{item.project_id}/content/{item.sha256}/", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["../secrets/secret_key", "0" * 64, "A" * 64, "%2e%2e"])
def test_anything_else_is_not_found(item, browser, name):
    assert browser.get(f"/api/v1/projects/{item.project_id}/content/{name}/").status_code == 404


def test_a_picture_of_another_project_is_not_found(item, manager, browser):
    other = make.project(manager)
    assert browser.get(f"/api/v1/projects/{other.pk}/content/{item.sha256}/").status_code == 404


def test_a_name_with_script_is_shown_as_text(project, browser):
    from annotator.intake import content, pictures

    content.store(project, [pictures.check_picture("<script>alert(1)</script>.png".replace("/", ""), make.png(99))])
    page = browser.get(f"/projects/{project.pk}/items/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/sign-in/", "/projects/", "/nowhere/"])
def test_every_page_has_a_strict_policy(browser, path):
    policy = browser.get(path)["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../../b", "", "a//b", ".hidden", "a/.b", "a\x00"])
def test_a_key_never_leaves_the_storage(key):
    with pytest.raises(ValueError, match="not a key"):
        storage.put(key, b"x")


def test_damaged_content_is_noticed(item):
    storage.put(storage.content_key(item.sha256), b"something else")
    with pytest.raises(ValueError, match="damaged"):
        storage.get_content(item.sha256)
