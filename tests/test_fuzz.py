"""Anything the schema allows, and much it does not, sent to every endpoint: never a 500."""

import json

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from tests import make

pytestmark = pytest.mark.django_db
# The same ones each time: a suite that passed must pass again.
QUICK, MANY = 1, 40
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _settings(examples: int) -> settings:
    checks = list(HealthCheck)
    return settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=checks)


@pytest.fixture
def browser(question, manager) -> APIClient:
    make.items(question.project, 4)
    client = APIClient(raise_request_exception=False)
    client.force_login(manager)
    return client


def schema(client: Client):
    return schemathesis.openapi.from_dict(client.get("/api/schema/?format=json").json())


@pytest.mark.parametrize("examples", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)])
def test_no_request_of_the_schemas_shape_breaks_the_server(browser, question, examples):
    for operation in schema(browser).get_all_operations():
        operation = operation.ok()

        @given(case=operation.as_strategy())
        @_settings(examples)
        def send(case):
            parameters = dict(case.path_parameters or {})
            for name, real in (("project_id", question.project_id), ("question_id", question.pk)):
                if name in parameters:  # found, so that what lies behind is reached
                    parameters[name] = real
            case.path_parameters = parameters
            body = case.body if isinstance(case.body, dict | list | str | int | float | bool | None) else {}
            response = (
                browser.generic(
                    case.method,
                    case.formatted_path,
                    json.dumps(body, default=str),
                    content_type="application/json",
                )
                if case.method != "GET"
                else browser.get(case.formatted_path, dict(case.query or {}))
            )
            assert response.status_code < 500, (case.method, case.formatted_path, case.query, case.body)

        send()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "questions/",
        "members/",
        "budget/",
        "questions/{q}/tasks/next/",
        "questions/{q}/versions/",
        "tasks/{t}/answer/",
        "questions/{q}/labels/",
    ],
)
def test_no_json_at_all_breaks_the_server(browser, question, path):
    address = f"/api/v1/projects/{question.project_id}/" + path.format(
        q=question.pk, t="00000000-0000-4000-8000-000000000000"
    )

    @given(body=ANYTHING)
    @_settings(40)
    def send(body):
        for method in ("post", "patch"):
            response = getattr(browser, method)(address, body, format="json")
            assert response.status_code < 500, (method, address, body)

    send()


def test_a_stranger_is_never_told_more_than_404(question, manager):
    stranger = APIClient()
    stranger.force_login(make.user())
    for operation in schema(stranger).get_all_operations():
        path = operation.ok().path
        if "{project_id}" in path:
            address = path.replace("{project_id}", str(question.project_id)).replace("{question_id}", str(question.pk))
            for name, value in (
                ("task_id", "1"),
                ("task", "00000000-0000-4000-8000-000000000000"),
                ("job_id", "00000000-0000-4000-8000-000000000000"),
                ("number", "1"),
                ("sha256", "0" * 64),
            ):
                address = address.replace(f"{{{name}}}", value)
            assert getattr(stranger, operation.ok().method.lower())(address).status_code == 404, address
