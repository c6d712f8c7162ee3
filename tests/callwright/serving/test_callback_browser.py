"""A customer who asks for a callback and an agent who calls, in real browsers on a served node."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from callwright.samples import sample
from tests.browsing import OpenPage, needs_chromium, pages, shoot
from tests.callwright.serving.node import Node
from tests.callwright.serving.test_browser import calling, on_queue

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A queue that offers callbacks."""
    return Path(shutil.copytree(sample("callback_offer"), tmp_path / "project"))


@pytest.fixture
def open_page(node: Node) -> Iterator[OpenPage]:
    with pages(node.address) as opened:
        yield opened


def test_a_caller_books_a_callback_the_agent_dials_and_they_talk(open_page: OpenPage) -> None:
    phone = calling(open_page, "+4930901820")
    phone.get_by_text("be called back at this number, press 1").wait_for()
    phone.get_by_role("button", name="1", exact=True).click()
    phone.get_by_text("We will call you back. Goodbye.").wait_for()
    phone.get_by_text("The call has ended").wait_for()

    desk = on_queue(open_page)
    alert = desk.get_by_role("article", name="Mira Okafor")
    alert.wait_for()
    for shown in ("Callback to make", "Support", "+49 30 901820", "Europe/Berlin"):
        assert shown.casefold() in alert.inner_text().casefold()
    shoot(desk, "callback-alert")
    desk.get_by_role("button", name="Answer").click()
    desk.get_by_role("region", name="Customer").get_by_role("heading", name="Mira Okafor").wait_for()
    shoot(desk, "callback")

    desk.get_by_role("button", name="Dial +4930901820").click()
    phone.get_by_text("Somebody is calling").wait_for()
    desk.get_by_text("Calling the customer").wait_for()
    phone.get_by_role("button", name="Take the call").click()
    phone.get_by_text("You are talking to Ada").wait_for()
    desk.get_by_role("button", name="Hold").wait_for()

    phone.get_by_role("button", name="Hang up").click()
    desk.get_by_role("button", name="End callback").click()
    desk.get_by_label("Wrap-up code").select_option("Resolved")
    desk.get_by_role("button", name="Save and finish").click()
    desk.get_by_text("You are on queue.").wait_for()


def test_an_agent_puts_a_callback_off_and_the_supervisor_cancels_it(open_page: OpenPage) -> None:
    phone = calling(open_page, "+4930901820")
    phone.get_by_text("be called back at this number, press 1").wait_for()
    phone.get_by_role("button", name="1", exact=True).click()
    phone.get_by_text("The call has ended").wait_for()
    desk = on_queue(open_page, "ben@example.com")
    desk.get_by_role("button", name="Answer").click()
    form = desk.get_by_role("form", name="Put off")
    tomorrow = desk.evaluate("new Date(Date.now() + 86400000).toISOString().slice(0, 10)")
    form.get_by_label("Day and time").fill(f"{tomorrow}T10:00")
    form.get_by_role("button", name="Put off").click()
    desk.get_by_label("Wrap-up code").select_option("Follow-up")
    desk.get_by_role("button", name="Save and finish").click()
    desk.get_by_text("You are on queue.").wait_for()

    desk.goto(desk.url.replace("/desk", "/supervisor"))
    row = desk.get_by_role("row", name="Mira Okafor")
    row.get_by_text("planned").wait_for()
    shoot(desk, "callbacks-supervisor")
    row.get_by_role("button", name="Cancel").click()
    row.wait_for(state="detached")
