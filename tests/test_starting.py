"""Starting: what is wrong is said in one clear line."""

import os
import socket
import subprocess
import sys

import pytest

from tests.stand import ROOT, Stand, free_port


def up(home, *options, **environment):
    if "--port" not in options:
        options = ("--port", str(free_port()), *options)
    kept = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
    return subprocess.run(
        [sys.executable, "manage.py", "up", "--no-sample", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        env=kept | {"MARGINALIA_HOME": str(home)} | environment,
    )


def one_line(result) -> str:
    assert result.returncode != 0
    lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    assert len(lines) == 1, lines
    return lines[0]


def test_a_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stand = Stand(tmp_path / "home")
        line = one_line(up(stand.home, "--port", str(port)))
    assert f"port {port} is in use" in line and "PORT=" in line
    assert stand.processes() == []


def test_a_database_of_an_older_postgresql(tmp_path):
    data = tmp_path / "home" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    assert "made by PostgreSQL 15" in one_line(up(tmp_path / "home"))


def test_a_database_server_that_is_away(tmp_path):
    line = one_line(up(tmp_path / "home", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    assert "cannot be reached" in line


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_a_missing_or_older_python(tmp_path, python):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for group in ("web", "training"):
        (tmp_path / f"requirements-{group}.lock").write_text("")
    result = subprocess.run(["make", "setup", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode != 0 and "Python 3.11 or newer is needed" in result.stderr


@pytest.mark.slow
def test_two_installations_on_one_folder(tmp_path):
    stand = Stand(tmp_path / "home", "--no-sample").start(fresh=True)
    try:
        assert "already runs" in one_line(up(stand.home, "--port", "1"))
        assert stand.get("/sign-in/")[0] == 200
    finally:
        stand.stop()
    assert stand.processes() == []
