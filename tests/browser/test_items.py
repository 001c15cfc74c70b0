"""Items in a browser: chosen, withdrawn while somebody answers them, and a project that is archived under the desk."""

from playwright.sync_api import expect

from tests import kinds_project
from tests.browser.conftest import sign_in
from tests.browser.keyboard import answers, shown


def test_an_item_that_is_withdrawn_at_the_desk_is_refused_and_the_desk_goes_on(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "text", ["kim"], items=8)
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    item = shown(page)
    [[held]] = bare.rows(
        "SELECT t.item_id FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id WHERE a.public_id = %s::uuid",
        page.locator("#item").get_attribute("data-task"),
    )
    body = {"action": "withdraw", "value": "Old", "items": [held]}
    assert bare.post(f"{base}items/actions/", body, boss)[1] == {"changed": 1}
    page.keyboard.type("an answer that nobody needs")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("withdrawn from the project")
    shown(page, item)
    page.keyboard.type("an answer to the next one")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["an answer to the next one"]
    page.faults.clear()  # the browser reports the refusal


def test_the_desk_of_an_archived_project_keeps_the_answer_until_it_is_taken_back(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "text", ["kim"], items=6)
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    shown(page)
    assert bare.post(f"{base}archive/", {}, boss)[0] == 200
    page.keyboard.type("an answer on its way")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("This project is archived").first).to_be_visible()
    assert answers(bare, question) == []
    assert bare.post(f"{base}unarchive/", {}, boss)[0] == 200
    expect(page.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["an answer on its way"]
    page.faults.clear()


def test_items_are_found_chosen_and_changed(bare, boss, page):
    base, _ = kinds_project.build(bare, boss, "text", [], items=70)
    sign_in(page, bare, "boss")
    address = f"{bare.url}{base.removeprefix('/api/v1')}items/"
    page.goto(address)
    button = page.locator(".act button")
    expect(button).to_have_text("Choose items first")
    expect(button).to_be_disabled()
    page.locator("#whole-page").check()
    expect(button).to_have_text("Add a tag: 60 items")
    page.get_by_label("All 70 that match").check()
    page.get_by_label("Do with the chosen items").select_option("withdraw")
    expect(button).to_have_text("Withdraw: 70 items")
    page.locator("#withdraw_value").fill("Old")
    button.click()
    expect(page.get_by_text("70 items withdrawn")).to_be_visible()
    page.goto(f"{address}?withdrawn=true")
    page.locator("input[name=items]").first.check()
    expect(button).to_have_text("Take back into the project: 1 item")
    button.click()
    expect(page.get_by_text("1 item taken back")).to_be_visible()
