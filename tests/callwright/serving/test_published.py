"""What a node publishes, and what it says of flows that its telephones cannot carry whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.project import load_project
from callwright.serving.flows import publish

FLOW = """\
inboundCall:
  name: Main
  startUpTaskActions:
  - setUUIData: {uuiData: {lit: x}, mode: transfer}
  - disconnect: {none: true}
"""


@pytest.mark.parametrize(
    ("ignore", "told"), [("", ["capability-missing"]), ("ignore: [{code: capability-missing}]\n", [])]
)
def test_a_flow_that_needs_what_the_telephone_lacks_is_published_and_told_of(
    ignore: str, told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.yaml").write_text(FLOW)
    (tmp_path / "callwright.yaml").write_text(f'numbers: {{"+4930": flows/main.yaml}}\n{ignore}')
    published = publish(load_project(tmp_path)[0], ("webphone",))
    assert published.flows.for_number("+4930") is not None
    assert [found.code for found in published.lacking] == told
