"""``identifyCaller``: look the caller up by number, then ask (concise-actions.md §2, expansion §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.concise.build import NO_VALUE, Act, At, Builder, Template, assign, expression, literal
from dsl.concise.outcome import outcome_switch
from dsl.concise.read import Reader
from dsl.concise.record import Field, Record
from dsl.expressions.types import CODE_OF_VARIABLE
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span
from dsl.source.tree import Map, Node, Scalar, Seq

PROMPTS_TASK = "identifyCaller prompts"
UNANSWERED = 'Flow.callerOutcome == "unknown" or Flow.callerOutcome == "several"'
_OWN_NUMBER = (
    "If(ToPhoneNumber(Call.Ani).isTel, If(IsSet(ToPhoneNumber(Call.Ani).e164), "
    "ToPhoneNumber(Call.Ani).e164, ToPhoneNumber(Call.Ani).raw), NOT_SET)"
)
_FAILED = (
    'If(Flow.callerStatus == 404 and FindFirst(Flow.callerErrors, "ACTION.NOT_CONFIGURED") < 0, '
    '"unknown", "unreachable")'
)


@dataclass(frozen=True, slots=True)
class LookUp:
    """One data action to ask, with the input that takes the number or digits."""

    integration: str
    action: str
    input: str
    inputs: Mapping[str, Template]
    span: Span


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question with its look-up."""

    look_up: LookUp
    ask: Template
    digits: Template
    attempts: int
    wrong: Template | None
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """How a bare id becomes a record reference: ``connector:type:`` and the output with the id."""

    prefix: str
    id_output: str
    matches: str | None


@dataclass(frozen=True, slots=True)
class IdentifyCaller:
    """The action as read."""

    number: Template | None
    by_number: tuple[LookUp, ...]
    prompts: tuple[Prompt, ...]
    reference: Reference | None
    timeout: Template
    outputs: Mapping[str, Map]


def read_fields(node: Node | None, reader: Reader) -> dict[str, Field]:
    """The kept fields: a mapping field -> output (or ``{output, type}``), or a list of names."""
    found: dict[str, Field] = {}
    if isinstance(node, Seq):
        for item in node.items:
            name = reader.text(item, "a field")
            if name is not None:
                found[name] = Field(name, name, "string", item.span)
        return found
    body = reader.mapping(node, '"fields"')
    for key, value in body or ():
        output, type_ = key.text, "string"
        if isinstance(value, Map):
            output = reader.text(value.get("output"), "an output name") or key.text
            type_ = reader.text(value.get("type"), "a variable type") or "string"
            for inner, _ in value:
                if inner.text not in ("output", "type"):
                    reader.report("unknown-parameter", f'a field has no key "{inner.text}"', inner.span, "output, type")
            if type_.removesuffix("Collection") not in CODE_OF_VARIABLE:
                place, known = value.get("type") or value, sorted(CODE_OF_VARIABLE)
                help_ = did_you_mean(type_, known)
                reader.report("unknown-type", f'"{type_}" is not a variable type', place.span, help_)
                type_ = "string"
        else:
            output = reader.text(value, "an output name") or key.text
        found[key.text] = Field(key.text, output, type_, key.span)
    return found


def read(body: Map, reader: Reader, record: Record) -> IdentifyCaller:
    """Read the action's mapping; what is missing has been reported and is left out."""
    reader.keys(body, "identifyCaller", "identifyCaller")
    number = body.get("number")
    timeout = body.get("timeout")
    by_number = [_look_up(item, reader, "lookUp") for item in reader.items(body.get("byNumber"), '"byNumber"')]
    prompts = [_prompt(item, reader, record) for item in reader.items(body.get("prompts"), '"prompts"')]
    if not by_number and not prompts:
        reader.report(
            "nobody-to-identify",
            "identifyCaller has neither byNumber nor prompts",
            body.span,
            "give it a data action to ask",
        )
    return IdentifyCaller(
        number=None if number is None else reader.value(number),
        by_number=tuple(found for found in by_number if found),
        prompts=tuple(found for found in prompts if found),
        reference=_reference(body, reader),
        timeout=literal({"seconds": 10}) if timeout is None else reader.value(timeout),
        outputs=reader.outputs(body, "identifyCaller"),
    )


def _reference(body: Map, reader: Reader) -> Reference | None:
    given = reader.mapping(body.get("record"), '"record"')
    if given is None:
        return None
    reader.keys(given, "record", '"record"')
    parts = [reader.text(given.get(key), f'"{key}"') for key in ("connector", "type", "id")]
    matches = body.get("matches")
    connector, type_, id_output = (part or "" for part in parts)
    return Reference(f"{connector}:{type_}:", id_output, None if matches is None else reader.text(matches, '"matches"'))


def _look_up(node: Node, reader: Reader, part: str) -> LookUp | None:
    body = reader.mapping(node, "a look-up")
    if body is None:
        return None
    reader.keys(body, part, "a prompt" if part == "prompt" else "a look-up")
    action = body.get("dataAction")
    full_name = reader.text(action, '"dataAction"') if action else None
    input_ = reader.text(body.get("input"), '"input"') if "input" in body else None
    if full_name is None or input_ is None or action is None:
        return None
    integration, separator, name = full_name.partition(" / ")
    if not separator:
        message = f'"{full_name}" does not name a data action'
        reader.report("bad-value", message, action.span, "write it as Integration / Action")
        return None
    further = reader.mapping(body.get("inputs"), '"inputs"')
    inputs = {key.text: At(key.span, reader.value(value)) for key, value in further or ()}
    return LookUp(integration, name, input_, inputs, action.span)


def _prompt(node: Node, reader: Reader, record: Record) -> Prompt | None:
    look_up = _look_up(node, reader, "prompt")
    if not isinstance(node, Map):
        return None
    ask, digits, wrong = node.get("ask"), node.get("digits"), node.get("wrong")
    attempts = reader.whole(node.get("attempts"), '"attempts"', 1, 5)
    shape = _digits(digits, reader) if digits else None
    if look_up is None or ask is None or shape is None:
        return None
    return Prompt(
        look_up,
        reader.audio(ask, record),
        shape,
        2 if attempts is None else attempts,
        None if wrong is None else reader.audio(wrong, record),
        node.span,
    )


def _digits(node: Node, reader: Reader) -> Template | None:
    if isinstance(node, Scalar):
        exact = reader.whole(node, '"digits"', 1, 40)
        return None if exact is None else At(node.span, {"exact": exact})
    body = reader.mapping(node, '"digits"')
    if body is None:
        return None
    reader.keys(body, "digits", '"digits"')
    low = reader.whole(body.get("min"), '"min"', 1, 40)
    high = reader.whole(body.get("max"), '"max"', 1, 40)
    if low is None or high is None:
        return None
    if low > high:
        reader.report("out-of-range", f'"min" is {low}, above "max" {high}', body.span)
    return At(node.span, {"range": {"min": low, "max": high, "terminatingDtmf": "digit_#"}})


def expand(action: IdentifyCaller, record: Record, builder: Builder, flow_type: str) -> list[Node]:
    """The actions in the concise action's place."""
    acts: list[Act] = [Act("updateData", "number", {"statements": _start(action)})]
    if action.by_number:
        looks: list[Template] = [
            _numbered(look_up, index, action, record) for index, look_up in enumerate(action.by_number, 1)
        ]
        known = {"condition": expression("IsSet(Flow.callerNumber)"), "outputs": {"yes": {"actions": looks}}}
        acts.append(Act("decision", "number known", known))
    if action.prompts:
        target = f"/{flow_type}/tasks/task[{PROMPTS_TASK}]"
        ask = Act("callTask", "ask", {"targetTaskRef": target})
        found = {"condition": expression('Flow.callerOutcome == "found"'), "outputs": {"no": {"actions": [ask]}}}
        acts.append(Act("decision", "found", found))
    if action.outputs:
        acts.append(outcome_switch("Flow.callerOutcome", action.outputs))
    return [builder.node(act) for act in acts]


def _start(action: IdentifyCaller) -> list[Template]:
    statements: list[Template] = [assign("string", "Flow.callerOutcome", literal("unknown"))]
    if action.by_number:
        statements.append(assign("string", "Flow.callerNumber", action.number or expression(_OWN_NUMBER)))
    return statements


def _numbered(look_up: LookUp, index: int, action: IdentifyCaller, record: Record) -> Act:
    call = _call(look_up, f"number lookup {index}", expression("Flow.callerNumber"), action, record)
    if index == 1:
        return call
    needed = {
        "condition": expression('Flow.callerOutcome == "unknown"'),
        "outputs": {"yes": {"actions": [call]}},
    }
    return Act("decision", f"number lookup {index} needed", needed, look_up.span)


def _call(look_up: LookUp, step: str, value: Template, action: IdentifyCaller, record: Record) -> Act:
    """The data action with what each of its outputs means for the outcome."""
    kept = {found.output: {"var": found.variable} for found in record.fields.values()}
    reference = action.reference
    ids: dict[str, Template] = {"ref": {"var": "Flow.recordRef"}, "outcome": {"var": "Flow.callerOutcome"}}
    if reference:
        ids = {reference.id_output: {"var": "Flow.recordId"}}
        if reference.matches:
            ids[reference.matches] = {"var": "Flow.recordMatches"}
    failure: Template = {"status": {"var": "Flow.callerStatus"}, "details.errorCode": {"var": "Flow.callerErrors"}}
    call: Template = {
        "inputs": {look_up.input: value, **look_up.inputs},
        "successOutputs": {**ids, **kept},
        "failureOutputs": failure,
    }
    answered: list[Template] = [
        assign(
            "string", "Flow.recordRef", expression("If(Flow.recordRef == Flow.recordDenied, NOT_SET, Flow.recordRef)")
        ),
        assign(
            "string",
            "Flow.callerOutcome",
            expression(
                'If(IsSet(Flow.recordRef) or Flow.callerOutcome == "several", Flow.callerOutcome, "unknown")',
            ),
        ),
    ]
    if reference:
        answered = [*_reference_from_id(reference), *answered]
    failed = assign("string", "Flow.callerOutcome", expression(_FAILED))
    timed_out = assign("string", "Flow.callerOutcome", literal("unreachable"))
    settings: dict[str, Template] = {
        "timeout": action.timeout,
        "category": {look_up.integration: {"dataAction": {look_up.action: call}}},
        "outputs": {
            "success": {"actions": [Act("updateData", f"{step} answered", {"statements": answered})]},
            "failure": {"actions": [Act("updateData", f"{step} failed", {"statements": [failed]})]},
            "timeout": {"actions": [Act("updateData", f"{step} timed out", {"statements": [timed_out]})]},
        },
    }
    return Act("callData", step, settings, look_up.span)


def _reference_from_id(reference: Reference) -> list[Template]:
    several = 'If(If(IsSet(Flow.recordMatches), Flow.recordMatches, 1) > 1, "several", "found")'
    ref = (
        'If(IsNotSetOrEmpty(Flow.recordId) or Flow.callerOutcome == "several", NOT_SET, '
        f'Append("{reference.prefix}", Flow.recordId))'
    )
    return [
        assign("string", "Flow.callerOutcome", expression(several)),
        assign("string", "Flow.recordRef", expression(ref)),
    ]


def prompts_task(action: IdentifyCaller, record: Record, builder: Builder) -> Node:
    """The generated task with all fallback prompts; ``greetByName`` calls it again after a denial."""
    actions: list[Template] = [
        _prompt_actions(prompt, index, action, record) for index, prompt in enumerate(action.prompts, 1)
    ]
    reset = Act("updateData", "no record", {"statements": drop_record(record)})
    kept = {"condition": expression("IsSet(Flow.recordRef)"), "outputs": {"no": {"actions": [reset]}}}
    actions += [Act("decision", "record kept", kept), Act("endTask", "prompts end", {})]
    task = {"name": f"{builder.name} - prompts", "refId": PROMPTS_TASK, "actions": actions}
    return builder.node({"task": task})


def drop_record(record: Record) -> list[Template]:
    """Statements that forget the record."""
    fields = [assign(found.type, found.variable, found.reset) for found in record.fields.values()]
    return [assign("string", "Flow.recordRef", NO_VALUE), *fields]


def _prompt_actions(prompt: Prompt, index: int, action: IdentifyCaller, record: Record) -> Act:
    step = f"prompt {index}"
    done: dict[str, Template] = {"yes": {"actions": [Act("loopExit", f"{step} leave", {})]}}
    if prompt.wrong is not None:
        done["no"] = {"actions": [Act("playAudio", f"{step} wrong", {"audio": prompt.wrong})]}
    answered: Sequence[Template] = [
        _call(prompt.look_up, f"{step} lookup", expression("Flow.callerInput"), action, record),
        Act(
            "decision",
            f"{step} done",
            {"condition": expression('Flow.callerOutcome != "unknown"'), "outputs": done},
        ),
    ]
    collect = collect_input(f"{step} input", "Flow.callerInput", prompt.digits, prompt.ask)
    collect = Act(collect.key, collect.step, {**collect.settings, "outputs": {"success": {"actions": answered}}})
    attempts: dict[str, Template] = {
        "currentIndex": {"var": "Flow.callerAttempt"},
        "loopCount": literal(prompt.attempts),
        "outputs": {"loop": {"actions": [collect]}},
    }
    needed: dict[str, Template] = {
        "condition": expression(UNANSWERED),
        "outputs": {"yes": {"actions": [Act("loop", f"{step} attempts", attempts)]}},
    }
    return Act("decision", f"{step} needed", needed, prompt.span)


def collect_input(step: str, variable: str, digits: Template, audio: Template) -> Act:
    """A ``collectInput`` with the flow's own time-outs."""
    settings: dict[str, Template] = {
        "inputData": {"var": variable},
        "digits": digits,
        "interDigitTimeout": NO_VALUE,
        "noEntryTimeout": NO_VALUE,
        "inputAudio": audio,
        "acceptJustStar": literal(False),
        "acceptJustPound": literal(False),
        "verificationType": "none",
    }
    return Act("collectInput", step, settings)
