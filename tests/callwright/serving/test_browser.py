"""Two people in real browsers, one who calls and one who answers, on a served node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browsing import OpenPage, needs_chromium, pages, shoot
from tests.callwright.serving.node import PASSWORD, Node

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, needs_chromium]
WIDE = {"viewport": {"width": 1180, "height": 820}}


@pytest.fixture
def open_page(node: Node) -> Iterator[OpenPage]:
    with pages(node.address) as opened:
        yield opened


def on_queue(open_page: OpenPage, username: str = "ada@example.com") -> Page:
    """Logged in and on queue; what waits is offered at once."""
    page = open_page("/login", **WIDE)
    page.get_by_label("E-mail address").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Go on queue").click()
    return page


def at_the_desk(open_page: OpenPage, username: str = "ada@example.com") -> Page:
    page = on_queue(open_page, username)
    page.get_by_text("You are on queue.").wait_for()
    return page


def calling(open_page: OpenPage, number: str) -> Page:
    page = open_page("/phone", **WIDE)
    page.get_by_label("Calling as").fill(number)
    page.get_by_role("button", name="Call", exact=True).click()
    return page


def test_a_known_caller_is_found_greeted_routed_answered_and_the_record_is_on_the_screen(open_page: OpenPage) -> None:
    desk = at_the_desk(open_page)
    phone = calling(open_page, "+4930901820")
    phone.get_by_text("If that is right, press 1").wait_for()
    phone.get_by_role("button", name="1", exact=True).click()
    phone.get_by_text("Welcome back, Mira Okafor.").wait_for()

    alert = desk.get_by_role("article", name="Mira Okafor")
    alert.wait_for()
    for shown in ("Priority", "Billing", "Fiber", "Retention", "English", "Platinum", "NPS", "the only contact with"):
        assert shown in alert.inner_text()
    shoot(desk, "alert")
    desk.get_by_role("button", name="Answer").click()

    card = desk.get_by_role("region", name="Customer")
    card.get_by_role("heading", name="Mira Okafor").wait_for()
    record = card.locator("[data-record]").get_attribute("data-record")
    assert record
    assert desk.get_by_text(record, exact=True).count() == 1  # the same record in the participant data
    phone.get_by_text("You are talking to Ada").wait_for()

    desk.get_by_role("textbox", name="Say").fill("Hello, this is Ada, how can I help?")
    desk.get_by_role("button", name="Say").click()
    phone.get_by_text("Hello, this is Ada, how can I help?").wait_for()
    phone.get_by_role("textbox", name="Say").fill("My internet has been slow since Monday.")
    phone.get_by_role("button", name="Say").click()
    desk.get_by_text("My internet has been slow since Monday.").wait_for()
    shoot(desk, "desk")
    shoot(phone, "phone")

    phone.get_by_role("button", name="Hang up").click()
    desk.get_by_label("Wrap-up code").select_option("Resolved")
    desk.locator("textarea[name=notes]").fill("Line restarted.")
    desk.get_by_role("button", name="Save and finish").click()
    desk.get_by_text("You are on queue.").wait_for()


def test_the_second_call_of_a_customer_shows_the_first_in_its_history(open_page: OpenPage) -> None:
    desk = at_the_desk(open_page)
    for call in ("first", "second"):
        phone = calling(open_page, "+4930901820")
        phone.get_by_text("If that is right, press 1").wait_for()
        phone.get_by_role("button", name="1", exact=True).click()
        desk.get_by_role("button", name="Answer").click()
        desk.get_by_role("heading", name="Mira Okafor").first.wait_for()
        history = desk.locator(".history").inner_text()
        assert ("Call with Ada" in history) == (call == "second")
        desk.get_by_role("button", name="Hang up").click()
        desk.get_by_label("Wrap-up code").select_option("Follow-up")
        desk.get_by_role("button", name="Save and finish").click()
        desk.get_by_text("You are on queue.").wait_for()


def test_a_caller_whom_nobody_knows_can_be_searched_for_and_created(open_page: OpenPage) -> None:
    desk = at_the_desk(open_page)
    phone = calling(open_page, "+4915730000009")
    for asked, keys in (("six digit", "999999"), ("I could not find that number", "999999"), ("postal code", "12345#")):
        phone.get_by_text(asked).last.wait_for()
        for key in keys:
            phone.get_by_role("button", name=key, exact=True).click()
    desk.get_by_role("button", name="Answer").click()
    desk.get_by_text("Nobody was identified").wait_for()
    desk.get_by_role("searchbox").fill("Lindqvist")
    desk.get_by_role("button", name="Search").click()
    desk.get_by_text("Jonas Lindqvist").wait_for()
    shoot(desk, "stranger")
    desk.get_by_label("First name").fill("Nora")
    desk.get_by_label("Last name").fill("Field")
    desk.get_by_role("button", name="Create contact").click()
    desk.get_by_role("region", name="Customer").get_by_role("heading", name="Nora Field").wait_for()


def test_a_supervisor_reads_why_a_caller_waits(open_page: OpenPage) -> None:
    phone = calling(open_page, "+4930901820")
    phone.get_by_text("If that is right, press 1").wait_for()
    phone.get_by_role("button", name="1", exact=True).click()
    phone.get_by_text("number one in line").wait_for()
    page = at_the_desk(open_page, "ben@example.com")
    page.get_by_role("link", name="Overview").click()
    shoot(page, "overview")
    page.get_by_role("link", name="Mira Okafor").click()
    page.get_by_text("Waits for an agent in Priority. Position 1.").wait_for()
    page.get_by_role("cell", name="missing skill Fiber").wait_for()
    shoot(page, "why")
    page.get_by_role("combobox", name="Agent").select_option("Ben (Ready for calls)")
    page.get_by_role("button", name="Give to this agent").click()
    page.get_by_text("has no manual assignment").wait_for()
