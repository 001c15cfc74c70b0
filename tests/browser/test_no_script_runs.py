"""Whatever is brought in as item, label, instruction or file name: nothing of it runs, on any page that shows it."""

import json

import pytest

from tests import kinds_project
from tests.browser.conftest import ready, sign_in

SCRIPT = "window.ran&&window.ran()"
PAYLOADS = [
    f"<script>{SCRIPT}</script>",
    f"</script><script>{SCRIPT}</script>",
    f"<img src=x onerror={SCRIPT}>",
    f"<svg onload={SCRIPT}>",
    f"<svg><script>{SCRIPT}</script></svg>",
    f"<svg><animate onbegin={SCRIPT} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>{SCRIPT}</script></svg>#x'/>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<iframe src=javascript:parent.ran()></iframe>",
    f"<object data='data:text/html,<script>{SCRIPT}</script>'></object>",
    f"<embed src='javascript:{SCRIPT}'>",
    f"<a href=javascript:{SCRIPT}>x</a>",
    f"<a href='jav&#x09;ascript:{SCRIPT}'>x</a>",
    f"<form action=javascript:{SCRIPT}><button autofocus>x</button></form>",
    f"<input autofocus onfocus={SCRIPT}>",
    f"<details open ontoggle={SCRIPT}>x</details>",
    f"<video><source onerror={SCRIPT}></video>",
    f"<body onload={SCRIPT}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={SCRIPT}>",
    f"<noscript><p title='</noscript><img src=x onerror={SCRIPT}>'>",
    f"<template><script>{SCRIPT}</script></template>",
    f"<style>@import 'javascript:{SCRIPT}'</style>",
    f"<link rel=stylesheet href='javascript:{SCRIPT}'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{SCRIPT}'>",
    f"<base href='javascript:{SCRIPT}//'>",
    f'"><img src=x onerror={SCRIPT}>',
    f"' onmouseover='{SCRIPT}' x='",
    f"[x](javascript:{SCRIPT})",
    f'![x](x "onerror={SCRIPT}")',
    f"<javascript:{SCRIPT}>",
    f"[x]: javascript:{SCRIPT}\n\n[x]",
    f"{{{{constructor.constructor('{SCRIPT}')()}}}}",
    f"<div style='background:url(javascript:{SCRIPT})'>x</div>",
    f"<button popovertarget=x onclick={SCRIPT}>x</button><xss id=x popover onbeforetoggle={SCRIPT}>",
]
LABELS = [payload.replace("\n", " ") for payload in PAYLOADS]


@pytest.mark.slow
def test_thirty_ways_to_run_a_script_run_none(bare, browser):
    assert len(PAYLOADS) >= 30
    word = bare.password("eve", "--create", "--may-begin-projects")
    boss = bare.token("eve", word)
    project = bare.post("/api/v1/projects/", {"name": PAYLOADS[0], "description": PAYLOADS[2]}, boss)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    assert bare.post(f"{base}budget/", {"amount": "100", "memo": PAYLOADS[0]}, boss)[0] == 201
    questions = []
    everything = "\n\n".join(PAYLOADS)
    config = {
        "choices": [
            {"value": f"{place}{payload}"[:100], "label": payload[:200]} for place, payload in enumerate(LABELS)
        ]
    }
    for kind, settings in (
        ("choice", config),
        ("scale", {"points": 3, "low": PAYLOADS[2], "high": PAYLOADS[3]}),
        (
            "span",
            {"labels": [{"value": f"{place}", "label": payload[:200]} for place, payload in enumerate(LABELS[:20])]},
        ),
    ):
        status, said = bare.post(
            f"{base}questions/",
            {"text": PAYLOADS[5], "kind": kind, "config": settings, "instructions": everything},
            boss,
        )
        assert status == 201, said
        questions.append(said["id"])
    files = [(f"{place}{payload}.txt".replace("/", "∕"), payload.encode()) for place, payload in enumerate(PAYLOADS)]
    files += [(f"{place}.html", f"<p>words {place}</p>{payload}".encode()) for place, payload in enumerate(PAYLOADS)]
    rows = "\n".join(json.dumps({payload: payload, "n": place}) for place, payload in enumerate(PAYLOADS))
    two = [{"left": payload, "right": str(place), "about": payload} for place, payload in enumerate(PAYLOADS)]
    files += [("rows.jsonl", rows.encode()), ("pairs.jsonl", "\n".join(map(json.dumps, two)).encode())]
    status, said = kinds_project.upload(bare, base, boss, files)
    assert status == 201 and len(said) == 4 * len(PAYLOADS), said

    context = browser.new_context()
    page = context.new_page()
    ran: list[str] = []
    page.expose_function("ran", lambda *_: ran.append(page.url))
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    sign_in(page, bare, "eve", word)  # a new password would end the token
    home = f"{bare.url}/projects/{project}/"
    # The test can fail: what a page runs itself is heard.
    page.evaluate("() => window.ran()")
    assert ran
    ran.clear()
    seen = 0
    for question in questions:
        page.goto(f"{home}desk/{question}/")
        page.wait_for_selector("#answer:not([hidden])")  # before the page has its script, no key does anything
        ready(page)
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        # The page hears of the close in a task of its own, and takes answers two frames later.
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        ready(page)
        before = ""
        for _ in range(4 * len(PAYLOADS) + 2):
            try:
                before = page.wait_for_function(
                    "before => { const item = document.querySelector('#item'); return item.textContent.includes('everything')"
                    " ? 'end' : document.querySelector('#answer').ariaBusy === 'false'"
                    " && item.dataset.task && item.dataset.task !== before && item.dataset.task }",
                    arg=before,
                    timeout=60_000,
                ).json_value()
            except Exception as late:
                raise AssertionError(page.locator("#desk").inner_text()) from late
            if before == "end":
                break
            seen += 1
            assert not page.locator("#item script, #item iframe, #item object, #item a, #item form").count()
            page.keyboard.press("1" if question != questions[2] else "Enter")
    assert seen == 4 * len(PAYLOADS) * 2 + len(PAYLOADS), (
        "every item was shown to both questions, every text to the third"
    )
    pages = ["", "items/", "items/?page=2", "answers/", "answers/?page=2", "labels/", "people/"]
    for path in [*pages, *(f"questions/{one}/" for one in questions)]:
        page.goto(f"{home}{path}")
    for question in questions:
        for path in ("edit/", "tasks/", "quality/", "comments/"):
            page.goto(f"{home}questions/{question}/{path}")
            page.wait_for_load_state("networkidle" if path == "edit/" else "load")
    page.goto(f"{bare.url}/projects/")
    for item in bare.get(f"{base}items/?modality=html", boss)[1]["results"][:40]:
        page.goto(f"{bare.url}{item['content']}")
    assert ran == []
    policy = page.request.get(home).headers["content-security-policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "script-src 'self'" in policy
    context.close()
