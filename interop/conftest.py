"""What the tests here may ask for."""

from tests.conftest import manager, project  # noqa: F401
