from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from contactcenter.organisation import Organisation
from dsl.source import Diagnostic

Load = Callable[..., Organisation]
Findings = Callable[[str], list[Diagnostic]]

TABLE = """
    dataTables:
      - name: Tariffs
        columns: {title: string, price: number, seats: integer, active: {type: boolean, default: true}}
        rows:
          - {key: A1, title: 007, price: 9.90, seats: 3, active: false}
          - {key: a1, title: Small}
"""


def test_cells_have_the_types_of_their_columns(load: Load) -> None:
    table = load(TABLE).data_table("tariffs")
    assert table is not None
    assert table.rows["A1"] == {"title": "007", "price": Decimal("9.90"), "seats": 3, "active": False}


def test_keys_are_case_sensitive_and_empty_cells_are_absent(load: Load) -> None:
    table = load(TABLE).data_table("Tariffs")
    assert table is not None
    assert table.rows["a1"] == {"title": "Small", "active": True}


def test_the_checker_sees_columns_as_type_codes(load: Load) -> None:
    assert load(TABLE).data_table_columns() == {
        "Tariffs": {"key": "str", "title": "str", "price": "dec", "seats": "int", "active": "bln"}
    }
    assert load("queues: []").data_table_columns() is None


def test_the_schema_of_the_vendor_is_read_too(load: Load) -> None:
    organisation = load("""
        dataTables:
          - name: Codes
            schema: {properties: {key: {type: string}, c1: {title: label, type: string}}}
            rows: {"12": {label: Twelve}}
    """)
    table = organisation.data_table("Codes")
    assert table is not None
    assert table.rows == {"12": {"label": "Twelve"}}


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("{name: T, columns: {a: integer}, rows: [{key: 1, a: x}]}", "bad-literal"),
        ("{name: T, columns: {a: integer}, rows: [{key: 1, b: 1}]}", "unknown-data-table-column"),
        ("{name: T, columns: {a: integer}, rows: [{a: 1}]}", "missing-parameter"),
        ("{name: T, columns: {a: integer}, rows: [{key: 1}, {key: 1}]}", "duplicate-key"),
        ("{name: T, columns: {a: colour}}", "bad-literal"),
        ("{name: T, columns: {" + ", ".join(f"c{n}: string" for n in range(51)) + "}}", "out-of-range"),
    ],
)
def test_a_faulty_table_is_reported(findings: Findings, table: str, code: str) -> None:
    assert [found.code for found in findings(f"dataTables: [{table}]")] == [code]


PROMPTS = """
    prompts:
      - {name: Hello, texts: {en-US: Hello, de-DE: Guten Tag}}
      - {name: Bye, resources: [{language: fr-FR, ttsString: Au revoir}]}
      - {name: Beep, text: (beep)}
"""


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("Prompt.Hello", "de-de", "Guten Tag"),
        ("Hello", "de-AT", "Guten Tag"),
        ("Prompt.hello", "ja-JP", "Hello"),
        ("Prompt.Bye", "en-US", "Au revoir"),
        ("Prompt.Beep", "en-US", "(beep)"),
        ("Prompt.Nothing", "en-US", None),
    ],
)
def test_a_prompt_speaks_the_language_or_the_nearest_one(load: Load, name: str, language: str, text: str) -> None:
    assert load(PROMPTS).prompt_text(name, language) == text


def test_prompts_are_values_with_their_scope(load: Load) -> None:
    organisation = load(PROMPTS)
    hello, system = organisation.find("pmt", "Prompt.hello"), organisation.find("pmt", "PromptSystem.beep")
    assert hello is not None
    assert system is not None
    assert (hello.name, system.name) == ("Prompt.Hello", "PromptSystem.beep")
