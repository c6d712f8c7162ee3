from __future__ import annotations

from collections.abc import Callable

import pytest

from contactcenter.organisation import CustomField, Organisation
from dsl.source import Diagnostic

Load = Callable[..., Organisation]
Findings = Callable[[str], list[Diagnostic]]


def fields(count: int) -> str:
    return "crm: {fields: [" + ", ".join(f"{{name: f{number}, type: text}}" for number in range(count)) + "]}"


def test_sixty_four_custom_fields_are_possible_and_a_sixty_fifth_is_not(load: Load, findings: Findings) -> None:
    assert len(load(fields(64)).crm.fields["contact"]) == 64
    (found,) = findings(fields(65))
    assert found.code == "out-of-range"
    assert "65" in found.message


def test_fields_stand_with_the_contact_or_directly_under_crm(load: Load) -> None:
    nested = load("crm: {contact: {fields: [{name: tier, label: Tier, type: string}]}}")
    direct = load("crm: {fields: {tier: string}}")
    assert nested.crm.fields["contact"] == (CustomField("tier", "text", "Tier"),)
    assert direct.crm.fields["contact"] == (CustomField("tier", "text", "tier"),)
    assert direct.crm.fields["contact"][0].key == "tier_text"


def test_flags_are_kept(load: Load) -> None:
    (field,) = load("crm: {fields: [{name: iban, type: identifier, sensitive: true, showToAgent: false}]}").crm.fields[
        "contact"
    ]
    assert (field.sensitive, field.show_to_agent, field.required, field.enabled) == (True, False, False, True)


def test_custom_objects_have_fields_a_title_and_status_values(load: Load) -> None:
    organisation = load("""
        crm:
          objects:
            vehicle: {label: Vehicle, fields: {plate: identifier}, title: plate, status: [active, sold]}
    """)
    vehicle = organisation.crm.objects["vehicle"]
    assert (vehicle.title, vehicle.status) == ("plate", ("active", "sold"))
    assert organisation.crm.fields["vehicle"][0].type == "identifier"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("crm: {fields: [{name: vip_checkbox, type: checkbox}]}", "bad-literal"),
        ("crm: {fields: [{name: a b, type: text}]}", "bad-literal"),
        ("crm: {fields: [{name: a, type: colour}]}", "bad-literal"),
        ("crm: {fields: [{name: a}, {name: a}]}", "duplicate-key"),
        ("crm: {fields: [{type: text}]}", "missing-parameter"),
        ("crm: {objects: {car: {fields: {plate: text}, title: colour}}}", "bad-literal"),
    ],
)
def test_a_faulty_field_is_reported(findings: Findings, text: str, code: str) -> None:
    assert [found.code for found in findings(text)] == [code]
