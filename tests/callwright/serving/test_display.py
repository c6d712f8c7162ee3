"""What the project lets alerts show, and which addresses a desk may open."""

from __future__ import annotations

import pytest

from callwright.inventory import surroundings_of
from callwright.project import load_project
from callwright.samples import sample
from callwright.serving.display import BadDisplayError, pop_settings, shown_in_alerts
from contactcenter.organisation import Organisation


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    found = surroundings_of(load_project(sample("crm_welcome"))[0]).organisation
    assert found is not None
    return found


def alert(*entries: str) -> dict[str, object]:
    return {"desk": {"alert": {"display": {"call": list(entries)}}}}


def test_listed_attributes_are_shown_in_their_order_with_the_labels_of_the_crm(organisation: Organisation) -> None:
    shown = shown_in_alerts(alert("participant.crm.nps", "participant.crm.tier", "participant.Order"), organisation)
    assert [(one.name, one.label) for one in shown] == [
        ("crm.nps", "NPS"),
        ("crm.tier", "Subscription tier"),
        ("Order", "Order"),
    ]


def test_without_the_setting_tier_and_name_are_shown(organisation: Organisation) -> None:
    assert [one.name for one in shown_in_alerts({}, organisation)] == ["crm.tier", "crm.name"]


@pytest.mark.parametrize("entry", ["crm.tier", "participant.secure.pin", "customer.name"])
def test_what_cannot_be_shown_is_refused_by_name(entry: str, organisation: Organisation) -> None:
    with pytest.raises(BadDisplayError, match=entry):
        shown_in_alerts(alert(entry), organisation)


def test_hosts_that_may_be_opened_are_read() -> None:
    settings = pop_settings({"screenpop": {"allowed_hosts": ["crm.example"], "ani_search": True}})
    assert (settings.allowed_hosts, settings.ani_search) == (frozenset({"crm.example"}), True)


def test_a_misspelt_key_of_screenpop_is_refused() -> None:
    with pytest.raises(BadDisplayError, match="alowed_hosts"):
        pop_settings({"screenpop": {"alowed_hosts": []}})
