"""Our own flows and the published ones, exported in the native form and read back: the same flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from callwright.sources import read_with_substitutions
from dsl import check_flow
from dsl.concise import expand
from dsl.model import Action, Flow, Output, Value
from dsl.native import decode_native, import_flow, to_text
from dsl.source import Map, Node, Seq, Severity, Source, plain
from tests.dsl.native.exporter import export

ROOT = Path(__file__).parent.parent.parent.parent
OWN = sorted(path for path in (ROOT / "flows").rglob("flows/*.yaml") if not path.name.endswith(".subst.yaml"))


def imported(document: Any) -> tuple[str, Any]:
    decoded = decode_native(Source("a.i3InboundFlow", export(document)))
    assert decoded is not None
    result = import_flow(decoded[1])
    return to_text(result, "a.i3InboundFlow"), result


def essence(flow: Flow | None) -> list[Any]:
    """What a flow does: every action with its settings and outputs, without places and spelling."""
    assert flow is not None
    lists = [(c.kind, c.name, tuple(map(action, c.actions)), len(c.variables)) for c in flow.containers]
    choices = [(m.name, [(c.kind, c.dtmf, action(c.action)) for c in m.choices], form(m.audio)) for m in flow.menus]
    kinds = [(v.name, v.type, form(v.initial), v.is_input, v.is_output) for v in flow.variables]
    return [flow.type, flow.name, lists, choices, kinds, form(flow.initial_greeting)]


def action(found: Action) -> Any:
    settings = {name: form(given) for name, given in found.settings.items()}
    settings = {
        name: given for name, given in settings.items() if given not in (None, (), {}, "") and name[0].islower()
    }
    for name in (
        "evaluate",
        "replyMode",
        "none",
        "targetTaskRef",
        "targetMenuRef",
        "digits",
        "targetStateRef",
        "includeTerminatingDtmfInResultData",
        "acceptJustStar",
        "acceptJustPound",
    ):
        settings.pop(name, None)
    if settings.get("outputPath") == "default":
        del settings["outputPath"]
    return found.key, found.name, sorted(settings.items(), key=str), [output(o) for o in found.outputs if o.actions]


def output(found: Output) -> Any:
    return found.path, form(found.condition), tuple(map(action, found.actions))


def form(given: Any) -> Any:
    """A value by what it evaluates to; nothing and "no value" are the same."""
    if isinstance(given, Value):
        if given.expression is None:
            return given.text or None
        return None if given.expression.op in ("nul", "emp") else strip(given.expression)
    if isinstance(given, Mapping):
        return {name: form(inner) for name, inner in given.items() if form(inner) not in (None, {}, ())} or None
    if isinstance(given, tuple | list):
        return tuple(map(form, given))
    if isinstance(given, Map | Seq):
        return str(plain(given))
    return given


def strip(node: Any) -> Any:
    while node.implicit and len(node.operands) == 1:
        node = node.operands[0]
    if node.op in ("AudioPlaybackOptions", "ToAudio") and len(node.operands) in (1, 2):
        return strip(node.operands[0])
    name = getattr(node.value, "name", None) or str(node.value)
    return node.op.lower(), name, (node.name or "").lower(), tuple(map(strip, node.operands))


def document_of(path: Path) -> tuple[Node, Source]:
    source, tree, _ = read_with_substitutions(path)
    assert source is not None
    assert isinstance(tree, Map)
    return expand(tree).tree, source


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_our_own_flows_come_back_as_they_went(path: Path) -> None:
    tree, _ = document_of(path)
    text, result = imported(plain(tree))
    assert result.findings == ()
    back = check_flow(Source("back.yaml", text))
    assert [f for f in back.findings if f.severity is Severity.ERROR] == []
    original = check_flow(Source("there.yaml", _yaml(tree)))
    assert essence(back.flow) == essence(original.flow)


def _yaml(tree: Node) -> str:
    from dsl.source.emit import to_yaml

    return to_yaml(tree)


def published(corpus: Path) -> Iterator[Path]:
    return (path for path in sorted((corpus / "flows").rglob("*.y*ml")) if not path.name.endswith(".subst.yaml"))


@pytest.mark.corpus
def test_published_flows_check_clean_after_the_way_through_the_native_form(corpus: Path) -> None:
    for path in published(corpus):
        tree, _ = document_of(path)
        text, result = imported(plain(tree))
        assert [(f.element, f.message) for f in result.findings] == [], path.name
        errors = [f.message for f in check_flow(Source("back.yaml", text)).findings if f.severity is Severity.ERROR]
        assert errors == [], path.name


@pytest.mark.corpus
def test_published_flows_do_the_same_after_the_way_through_the_native_form(corpus: Path) -> None:
    for path in published(corpus):
        tree, _ = document_of(path)
        text, _ = imported(plain(tree))
        back, original = check_flow(Source("b.yaml", text)).flow, check_flow(Source("o.yaml", _yaml(tree))).flow
        assert essence(back) == essence(original), path.name
