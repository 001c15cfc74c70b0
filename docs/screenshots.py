"""Take the pictures of docs/ from a running sample: `make run`, then `make screenshots`.

Each page, and each question kind at work, wide and phone, light and dark.
Needs Chromium (`CHROMIUM` names it, else /usr/bin/chromium).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
HOME = os.environ.get("MARGINALIA_HOME")  # the tests' modules take another

from tests import kinds_project  # noqa: E402
from tests.browser.conftest import ready  # noqa: E402
from tests.stand import Stand  # noqa: E402

FOLDER = Path(os.environ.get("SCREENSHOTS") or ROOT / "screenshots")  # git ignores it
MANUALS = ROOT / "docs" / "pictures"  # the few that the manuals show are renewed from there
BASE = os.environ.get("MARGINALIA_URL", "http://127.0.0.1:8000")
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
# Of each kind: the keys that show it at work, on a project made for the picture or on the sample's.
AT_WORK = {
    "choice": [],
    "several": ["1", "3"],
    "many": ["/", "2", "9", "9"],
    "tree": ["1"],
    "scale": [],
    "text": list("It says: good morning."),
    "span": ["ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "1"],
    "box": ["Space", *["ArrowRight"] * 9, *["ArrowDown"] * 8, "Space"],
    "pair": [],
    "set": ["4", "1"],
}
MEANT = 200  # ms from one press of a key to the next that is meant
PAGES = {"overview": "", "desk": "desk/", "budget": "budget/", "live": "live/", "review": "review/"}
EVERY_PAGE = PAGES | {
    "items": "items/",
    "labels": "labels/",
    "label": "labels/1/",
    "worker": "questions/1/people/2/",
    "versions": "versions/",
    "runs": "runs/",
    "run": "runs/62/",
    "training": "trainings/5/",
    "people": "people/",
    "batches": "questions/1/batches/",
    "quality": "questions/1/quality/",
    "comments": "questions/1/comments/",
    "webhooks": "webhooks/",
    "plan": "questions/1/plan/",
    "reading": "questions/1/reading/",
    "phases": "phases/",
    "gate": "gates/2/",
    "brief": "brief/",
    "demo": "demo/",
    "statement": "budget/statement/",
    "pay": "budget/pay/",
    "reconcile": "budget/reconcile/",
    "answers": "answers/",
    "editor": "questions/new/?kind=span&template=entities",
    "edit": "questions/1/edit/",
}


def password(name: str) -> str:
    """Give a sample person a new password and return it."""
    command = [sys.executable, "manage.py", "newpassword", name]
    home = {name: value for name, value in os.environ.items() if name != "MARGINALIA_HOME"}
    home |= {"MARGINALIA_HOME": HOME} if HOME else {}
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=home)
    return done.stdout.split()[-1]


def sign_in(page: Page, word: str) -> str:
    """Sign in as the manager and return the path of the sample project."""
    page.goto(f"{BASE}/sign-in/")
    page.get_by_label("Username").fill("manager")
    page.get_by_label("Password").fill(word)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{BASE}/projects/")
    return page.locator(".projects a", has_text="Handwritten digits").get_attribute("href") or ""


def take(browser: Browser, word: str, pages: dict[str, str]) -> None:
    """Take every page in every size and scheme."""
    for size, viewport in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=1)
            page = context.new_page()
            project = sign_in(page, word)
            for name, path in pages.items():
                address = path if path.startswith("/") else f"{project}{path}"
                page.goto(f"{BASE}{address}")
                if name == "desk":
                    page.wait_for_selector("#item img")
                    ready(page)
                page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=name not in ("labels", "items"))
            context.close()


def at_work(browser: Browser, word: str, only: list[str]) -> None:
    """Take every kind at work: scale, span and box on the sample's own items, the others on a project made for it."""
    stand = Stand(Path(HOME or ROOT / "var"))
    stand.url = BASE
    token = stand.token("manager", word)
    sample = {one["name"]: one["id"] for one in stand.get("/api/v1/projects/", token)[1]["results"]}
    places = {}
    for kind in only:
        if kind in ("scale", "span", "box"):
            project = sample[{"box": "Laid tables", "span": "Delivery notes"}.get(kind, "Customer messages")]
            found = stand.get(f"/api/v1/projects/{project}/questions/?kind={kind}", token)[1]["results"]
            places[kind] = f"/projects/{project}/desk/{found[0]['id']}/"
        else:
            base, question = kinds_project.build(stand, token, kind, [])
            places[kind] = f"{base.removeprefix('/api/v1')}desk/{question}/"
    for size, viewport in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=1)
            page = context.new_page()
            sign_in(page, word)
            for kind, path in places.items():
                page.goto(f"{BASE}{path}")
                page.wait_for_selector("#answer:not([hidden])")
                for number, key in enumerate(AT_WORK[kind]):
                    if key == "Space" and number:
                        page.wait_for_timeout(MEANT)  # the same key sooner is one press
                    ready(page)
                    page.keyboard.press(key)
                ready(page)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"kind-{kind}-{size}-{scheme}.png")
            context.close()


def main() -> None:
    """Take the pictures; `all` as an argument takes every page, `kinds` the kinds alone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        word = password("manager")
        if "kinds" not in sys.argv:
            take(browser, word, EVERY_PAGE if "all" in sys.argv else PAGES)
        at_work(browser, word, list(AT_WORK))
        browser.close()
    for picture in MANUALS.glob("*.png"):
        if (FOLDER / picture.name).exists():
            shutil.copy(FOLDER / picture.name, picture)


if __name__ == "__main__":
    main()
