"""The pages for operators and programmers work under the policy as well."""

from playwright.sync_api import expect

from tests.browser.conftest import sign_in


def test_the_admin_opens_and_shows_the_ledger(sample, page):
    sign_in(page, sample, "admin")
    page.goto(f"{sample.url}/admin/workers/entry/")
    expect(page.locator("#result_list tbody tr").first).to_be_visible()
    page.goto(f"{sample.url}/admin/annotator/user/")
    expect(page.locator("#result_list")).to_contain_text("manager")


def test_the_api_can_be_tried_from_its_page(sample, page):
    sign_in(page, sample, "scientist")
    page.goto(f"{sample.url}/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)


def test_a_wrong_address_is_told_in_the_same_manner(sample, page):
    page.goto(f"{sample.url}/nowhere/")
    expect(page.locator("h1")).to_have_text("There is nothing here.")
    page.faults.clear()  # the browser reports the 404 itself
