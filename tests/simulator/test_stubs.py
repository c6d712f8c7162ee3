"""Scripted answers of data actions."""

from __future__ import annotations

from simulator.stubs import flattened


def test_nested_outputs_have_dotted_names_and_objects_of_a_list_are_parallel_lists() -> None:
    rows = [{"id": "1", "at": {"city": "Bonn"}}, {"id": "2", "open": True}]
    assert flattened({"name": "Mo", "where": {"city": "Ulm"}, "rows": rows, "tags": ["a", "b"], "none": []}) == {
        "name": "Mo",
        "where.city": "Ulm",
        "rows.id": ("1", "2"),
        "rows.at.city": ("Bonn", None),
        "rows.open": (None, True),
        "tags": ("a", "b"),
        "none": (),
    }
