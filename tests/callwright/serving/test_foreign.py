"""What opens outside the desk, from a project's connections."""

from __future__ import annotations

import pytest

from callwright.serving.foreign import ForeignPages, Page
from connectors import Connection
from web.desk.screenpop import Pop

SALESFORCE = Connection("Sales Force", type="salesforce-datadip", origin="https://acme.my.salesforce.com")
SHOP = Connection("shop", origin="https://shop.example.com", options={"popUrl": "https://shop.example.com/{type}/{id}"})
PLAIN = Connection("plain", origin="https://plain.example.com")
PAGES = ForeignPages([SALESFORCE, SHOP, PLAIN])
ID = "0035g00000XyZabAAF"


def opened(reference: str) -> Page | None:
    return PAGES.page(Pop("record", reference))


def test_a_record_of_another_crm_opens_on_that_crms_own_page() -> None:
    assert opened(f"Sales-Force:Contact:{ID}") == Page(
        f"https://acme.lightning.force.com/lightning/r/Contact/{ID}/view", f"Sales Force: Contact {ID}"
    )


def test_a_connection_says_where_the_pages_of_its_own_system_are() -> None:
    assert opened("shop:contact:42") == Page("https://shop.example.com/contact/42", "shop: contact 42")


@pytest.mark.parametrize(
    "reference",
    ["plain:contact:42", "Sales-Force:Contact:42/../x", "Sales-Force:Unheard:" + ID, "nobody:contact:42"],
    ids=["a connection without pages", "no id of that system", "an unknown type", "no such connection"],
)
def test_without_a_page_the_agent_still_reads_which_record_it_is(reference: str) -> None:
    found = opened(reference)
    assert found is not None
    assert found.url is None
    assert reference.rpartition(":")[2] in found.label


def test_the_built_in_crm_shows_its_records_in_the_desk() -> None:
    assert opened("builtin:contact:7") is None


def test_the_address_that_a_flow_has_set_opens_as_it_is() -> None:
    assert PAGES.page(Pop("url", "https://crm.example.com/x")) == Page(
        "https://crm.example.com/x", "https://crm.example.com/x"
    )
