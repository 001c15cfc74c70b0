"""The images and the compose file, as far as they can be checked without Docker."""

import fnmatch
import re
import subprocess
import tomllib

import pytest
import yaml

from tests.stand import ROOT

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]


def context() -> list[str]:
    """Return the tracked and untracked files that .dockerignore lets into the build context."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    command = ["git", "ls-files", "--cached", "--others"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    names += [".git/config", ".venv/bin/python", "var/secrets/secret_key", "deploy/.env", "annotator/.env", ".env"]
    return [name for name in names if _let_in(name, rules)]


def _let_in(name: str, rules: list[str]) -> bool:
    taken = True
    parts = name.split("/")
    paths = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for rule in rules:
        pattern = rule.removeprefix("!")
        anywhere = pattern.startswith("**/")
        tested = [path.rsplit("/", 1)[-1] for path in paths] if anywhere else paths
        depth = pattern.removeprefix("**/")
        if any(fnmatch.fnmatch(path, depth) and (anywhere or path.count("/") == depth.count("/")) for path in tested):
            taken = rule.startswith("!")
    return taken


@pytest.mark.slow
def test_the_build_context_holds_the_product_and_no_secrets():
    names = context()
    tops = {name.split("/")[0] for name in names}
    assert tops <= {"manage.py", "pyproject.toml", "LICENSE", "requirements-training.lock",
                    "requirements-web.lock", "annotator", "datasets", "workers", "deploy"}  # fmt: skip
    assert {"manage.py", "requirements-web.lock", "annotator/settings.py", "workers/apps.py"} <= set(names)
    assert not [name for name in names if ".env" in name or "secret" in name or name.endswith(".pyc")]


def test_the_web_image_has_everything_but_torch():
    def pins(name: str) -> set[str]:
        return {line.split("==")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line}

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {re.split(r"[\[<>=]", one)[0].lower() for one in project["project"]["dependencies"]}
    assert named <= pins("requirements-web.lock")
    assert "torch" in pins("requirements-training.lock") and "torch" not in pins("requirements-web.lock")
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    web_stage = text.split(" AS web")[1].split("FROM ")[0]
    assert "requirements-web.lock" in web_stage and "training" not in web_stage


@pytest.mark.parametrize("name", ["web", "dev", "bench"])
def test_every_pinned_package_has_hashes(name):
    lines = (ROOT / f"requirements-{name}.lock").read_text().splitlines()
    pins = [place for place, line in enumerate(lines) if "==" in line]
    assert len(pins) > 50 and all("--hash=sha256:" in lines[place + 1] for place in pins)


def test_every_component_is_pinned():
    images = [service["image"] for service in COMPOSE.values() if "image" in service]
    images += re.findall(r"^FROM ([\w./-]+:\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.M)
    assert len(images) == 6
    for image in images:
        tag = image.partition(":")[2]
        assert re.search(r"\d+\.\d+|RELEASE\.\d", tag), image


def test_only_the_proxy_has_a_port_so_that_web_can_be_scaled():
    assert [name for name, service in COMPOSE.items() if "ports" in service] == ["proxy"]
    assert all("container_name" not in service for service in COMPOSE.values())


def test_every_long_running_part_has_a_health_check_and_its_target():
    once = {"bucket", "prepare"}
    assert all("healthcheck" in service for name, service in COMPOSE.items() if name not in once)
    targets = {name: service["build"]["target"] for name, service in COMPOSE.items() if "build" in service}
    assert {name for name, target in targets.items() if target == "gpu"} == {"gpu"}


def test_every_queue_has_a_worker():
    from annotator import settings

    queues = {service["command"][service["command"].index("-Q") + 1]
              for service in COMPOSE.values() if "-Q" in service.get("command", [])}  # fmt: skip
    assert queues == {"default", "gpu", "housekeeping"}
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} == {"housekeeping"}
