"""A working day in a real browser: log in, alerted, answered, the record is there, wrapped up; and a caller's call."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.browsing import OpenPage, needs_chromium, pages, shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from starlette.applications import Starlette

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
]


@pytest.fixture
def address(app: Starlette) -> Iterator[str]:
    """The desk on a loopback port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listener.close()


@pytest.fixture
def open_page(address: str) -> Iterator[OpenPage]:
    with pages(address) as opened:
        yield opened


def _log_in(page: Page) -> None:
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("a good long password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Go on queue to receive calls.").wait_for()


def test_a_call_is_alerted_answered_with_its_record_and_wrapped_up(open_page: OpenPage, desk: Any) -> None:
    page = open_page("/login")
    _log_in(page)
    page.get_by_role("button", name="Go on queue").click()
    page.get_by_text("You are on queue.").wait_for()
    desk.alert()
    page.get_by_role("article", name="Emma Woodhouse").wait_for()
    assert "Emma Woodhouse" in page.locator("#announce").inner_text()
    shoot(page, "alert")
    page.get_by_role("button", name="Answer").click()
    assert page.locator("[data-record]").get_attribute("data-record") == "builtin:contact:7"
    shoot(page, "connected")
    page.get_by_role("button", name="Hang up").click()
    shoot(page, "wrapup")
    page.get_by_label("Wrap-up code").select_option("Follow-up")
    page.get_by_role("button", name="Save and finish").click()
    page.get_by_text("You are on queue.").wait_for()
    assert desk.commands[-1][2]["args"] == {"code": "Follow-up", "notes": ""}


def elsewhere(desk: Any, address: str) -> None:
    """An alert whose record another CRM keeps; its page is served here, so that no other host is asked."""
    page = {"url": f"{address}/health", "label": "Salesforce: Contact 0035"}
    desk.alert(record="salesforce:Contact:0035", opens=page)


def test_a_record_of_another_crm_opens_once_when_the_call_is_answered(
    open_page: OpenPage, desk: Any, address: str
) -> None:
    page = open_page("/login")
    _log_in(page)
    elsewhere(desk, address)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Answer").click()
    assert opened.value.url == f"{address}/health"
    page.get_by_role("link", name="Open the record").wait_for()
    shoot(page, "elsewhere")
    page.reload()
    page.get_by_role("link", name="Open the record").wait_for()
    assert len(page.context.pages) == 2


def test_a_record_waits_as_a_link_while_the_agent_is_typing(open_page: OpenPage, desk: Any, address: str) -> None:
    desk.alert()
    desk.interactions[0] |= {"state": "acw", "interactionId": "c0"}
    page = open_page("/login")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("a good long password")
    page.get_by_role("button", name="Log in").click()
    page.locator("textarea[name=notes]").fill("wants a new meter")
    elsewhere(desk, address)
    page.locator(".alert").wait_for()
    page.keyboard.press("Alt+a")
    page.get_by_role("link", name="Open the record").wait_for()
    assert len(page.context.pages) == 1


def test_an_alert_leaves_the_focus_where_it_was_and_is_answered_by_keyboard(open_page: OpenPage, desk: Any) -> None:
    page = open_page("/login")
    _log_in(page)
    button = page.get_by_role("button", name="Go on queue")
    button.focus()
    desk.alert()
    page.get_by_role("article", name="Emma Woodhouse").wait_for()
    assert page.evaluate("document.activeElement.dataset.command") == "presence.set"
    page.keyboard.press("Alt+a")
    page.get_by_role("button", name="Hang up").wait_for()


def test_notes_being_typed_survive_an_event(open_page: OpenPage, desk: Any) -> None:
    desk.alert()
    desk.interactions[0]["state"] = "acw"
    page = open_page("/login")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("a good long password")
    page.get_by_role("button", name="Log in").click()
    notes = page.locator("textarea[name=notes]")
    notes.fill("wants a new meter")
    with page.expect_response("**/desk/interactions"):
        desk.tell("contact.changed")
    page.wait_for_function("document.activeElement.name === 'notes'")
    assert notes.input_value() == "wants a new meter"


def test_a_caller_dials_and_reads_what_is_said(open_page: OpenPage, phone: Any) -> None:
    page = open_page("/phone")
    page.get_by_role("button", name="Call", exact=True).click()
    page.get_by_text("The call has ended").wait_for()
    assert page.locator("#captions li.flow").all_inner_texts() == ["Welcome back, Emma."]
    assert phone.calls == [("dial", "+4915112345678", "+49301234567")]


@pytest.mark.parametrize("path", ["/login", "/phone"])
def test_pages_fit_a_width_of_320_pixels_in_german(open_page: OpenPage, path: str) -> None:
    page = open_page(path, viewport={"width": 320, "height": 700}, locale="de-DE")
    shoot(page, f"narrow-{path[1:]}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
