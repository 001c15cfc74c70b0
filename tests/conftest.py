"""What every test may ask for."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from annotator.models import Project, Role, User
from annotator.people import tokens
from tests import make
from tests.stand import Stand
from tests.surroundings import TEMPLATE

STANDS = ("sample", "bare", "stand")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that share one stand run in one process, in their order; the others wherever there is room.

    Tests on the sample are slow: it is built by really running the whole line, with its trainings.
    """
    for item in items:
        if "sample" in item._fixtureinfo.name2fixturedefs:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.slow)
        for name in STANDS:
            definitions = item._fixtureinfo.name2fixturedefs.get(name, ())  # type: ignore[attr-defined]
            if definitions and definitions[-1].scope != "function":
                shared = name if definitions[-1].scope == "session" else item.path.stem
                if shared == "bare" and item.path.stem.startswith(("test_desk", "test_kinds")):
                    shared = "desk"  # a second stand like it: one process would have half of all work
                item.add_marker(pytest.mark.xdist_group(shared))


@pytest.fixture(scope="session")
def bare(tmp_path_factory) -> Iterator[Stand]:
    """Start what `make run` starts, without the sample."""
    stand = Stand(tmp_path_factory.mktemp("bare") / "home", "--no-sample").start()
    try:
        yield stand
    finally:
        stand.abandon()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker) -> None:
    """Begin the process's test database with what is migrated already, where there is such a thing."""
    if not _migrated_already():
        return
    server = connections["default"]
    name = server.settings_dict["TEST"]["NAME"] or f"test_{server.settings_dict['NAME']}"
    with django_db_blocker.unblock(), server._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{server.settings_dict["NAME"]}"')


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Keep what `django_db_modify_db_settings` began."""
    return _migrated_already()


def _migrated_already() -> bool:
    return TEMPLATE in os.environ


@pytest.fixture(autouse=True)
def _plain_surroundings(tmp_path, settings):
    """Blobs in a folder of the test, static files unhashed, no broker: a message is only a wake-up."""
    settings.MARGINALIA_STORAGE = str(tmp_path / "storage")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.JOB_LEASE_SECONDS = 3600  # no heartbeat: its own connection would not see the rows of a test
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _book_at_once(request):
    """Let answers be booked at once: the transaction of a test never ends."""
    from django.db import connection

    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        request.getfixturevalue("db")
        if connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS workers_entry_book_answer IMMEDIATE")


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    """Collect the ids of jobs whose message would leave, in place of a broker."""
    ids: list[str] = []
    monkeypatch.setattr(
        "annotator.jobs.messages.current_app.send_task", lambda name, args, **options: ids.append(args[0])
    )
    return ids


@pytest.fixture
def manager(db) -> User:
    return make.user("manager")


@pytest.fixture
def project(manager) -> Project:
    return make.project(manager)


@pytest.fixture
def question(project):
    return make.question(project)


@pytest.fixture
def as_role(project) -> Callable[[str], Client]:
    """Give a signed-in browser of a new person with a role in the project (or "stranger")."""
    numbers = itertools.count()

    def client(role: str) -> Client:
        person = make.user(f"{role}{next(numbers)}")
        if role != "stranger":
            make.member(project, person, role)
        browser = Client()
        browser.force_login(person)
        browser.person = person
        return browser

    return client


@pytest.fixture
def api() -> Callable[[User], APIClient]:
    """Give an API client of a person, signed in by token."""

    def client(person: User) -> APIClient:
        api_client = APIClient()
        api_client.credentials(HTTP_AUTHORIZATION=f"Token {tokens.issue(person, 'test')[1]}")
        return api_client

    return client


@pytest.fixture
def annotator(project) -> User:
    person = make.user("annotator")
    make.member(project, person, Role.ANNOTATOR)
    return person


assert settings.configured
