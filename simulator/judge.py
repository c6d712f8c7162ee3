"""Holding a rehearsed call against what was expected of it; each difference is one sentence with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsl.expressions.text_of import to_text
from dsl.source import Span
from simulator.caller import VirtualCaller
from simulator.script import duration_ms
from simulator.session import Rehearsal
from simulator.stubs import StubbedActions, stub_to_paste, value_of
from simulator.testfile import Case


@dataclass(frozen=True, slots=True)
class Failure:
    """A difference: what it is, and where in the test file the expectation stands."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Seen:
    """All that can be looked at after a call."""

    rehearsal: Rehearsal
    actions: StubbedActions
    caller: VirtualCaller

    def variable(self, name: str) -> Any:
        """The last value of a variable, as the trace shows it."""
        value = None
        for element in self.rehearsal.trace:
            for changed, new in (element.get("changed") or {}).items():
                if changed.casefold() == name.casefold():
                    value = new
        return value

    @property
    def errors(self) -> list[Mapping[str, Any]]:
        """Flow errors of the call."""
        return [element["error"] for element in self.rehearsal.trace if "error" in element]


def judge(case: Case, seen: Seen) -> list[Failure]:
    """Everything that was not as expected."""
    failures = []
    caller = seen.caller
    if caller.unmet is not None:
        failures.append(Failure(f'"{caller.unmet.text}" was never heard', caller.unmet.span))
    if caller.refused is not None:
        failures.append(Failure(f'"{caller.refused.text}" was heard', caller.refused.span))
    for expectation in case.expectations:
        message = _JUDGES[expectation.key](expectation.value, seen)
        if message is not None:
            failures.append(Failure(message, expectation.span))
    for name in dict.fromkeys(seen.actions.missing):
        inputs = next((call.inputs for call in seen.actions.calls if call.action == name), {})
        failures.append(Failure(f"{name} has no stub; this one would do:\n{stub_to_paste(name, inputs)}", case.span))
    failures += [Failure(f"{name}: {message}", case.span) for name, message in seen.actions.missed.items()]
    if not any(expectation.key == "error" or expectation.value == "error" for expectation in case.expectations):
        failures += [Failure(f"the flow met an error: {error['message']}", case.span) for error in seen.errors]
    return failures


def _is(what: str, actual: Callable[[Seen], Any]) -> Callable[[Any, Seen], str | None]:
    def check(wanted: Any, seen: Seen) -> str | None:
        found = actual(seen)
        return None if str(found).casefold() == str(wanted).casefold() else f'{what} is "{found}", expected "{wanted}"'

    return check


def _skills(wanted: Any, seen: Seen) -> str | None:
    found = {skill.casefold() for skill in seen.rehearsal.skills}
    missing = [skill for skill in _list(wanted) if str(skill).casefold() not in found]
    listed = ", ".join(seen.rehearsal.skills) or "none"
    return f"skills are {listed}, {', '.join(map(str, missing))} missing" if missing else None


def _skills_exact(wanted: Any, seen: Seen) -> str | None:
    same = [skill.casefold() for skill in seen.rehearsal.skills] == [str(skill).casefold() for skill in _list(wanted)]
    return None if same else f"skills are {', '.join(seen.rehearsal.skills) or 'none'}"


def _callback(wanted: Any, seen: Seen) -> str | None:
    found = seen.rehearsal.callback
    if found is None:
        return "no callback was booked"
    for name, value in wanted.items():
        if str(found.get(name)) != str(value):
            return f'the {name} of the callback is "{found.get(name)}", expected "{value}"'
    return None


def _data(wanted: Any, seen: Seen) -> str | None:
    for name, value in wanted.items():
        found = seen.rehearsal.data.get(name)
        if found != (to_text(value_of(value)) if value is not None else None):
            shown = "not set" if found is None else f'"{found}"'
            return f'{name} is {shown}, expected "{value}"'
    return None


def _data_exact(wanted: Any, seen: Seen) -> str | None:
    more = sorted(set(seen.rehearsal.data) - set(wanted))
    return _data(wanted, seen) or (f"there is more data: {', '.join(more)}" if more else None)


def _vars(wanted: Any, seen: Seen) -> str | None:
    for name, value in wanted.items():
        found = seen.variable(name)
        if found != value and str(found) != str(value):
            return f"{name} is {found!r}, expected {value!r}"
    return None


def _outputs(wanted: Any, seen: Seen) -> str | None:
    found = {name.casefold(): value for name, value in seen.rehearsal.outputs.items()}
    for name, value in wanted.items():
        full = (
            name.casefold() if "." in name else next((n for n in found if n.partition(".")[2] == name.casefold()), name)
        )
        if full not in found:
            return f'the flow has no output "{name}"'
        if found[full] != value_of(value) and to_text(found[full]) != str(value):
            return f"{name} is {to_text(found[full])!r}, expected {value!r}"
    return None


def _called(wanted: Any, seen: Seen) -> str | None:
    calls = [call.action for call in seen.actions.calls]
    position = 0
    for name in _list(wanted):
        at = next((i for i in range(position, len(calls)) if _is_action(calls[i], name)), None)
        if at is None:
            return f"{name} was not called; called: {', '.join(calls) or 'nothing'}"
        position = at + 1
    return None


def _not_called(wanted: Any, seen: Seen) -> str | None:
    for name in _list(wanted):
        if any(_is_action(call.action, name) for call in seen.actions.calls):
            return f"{name} was called"
    return None


def _is_action(full: str, name: Any) -> bool:
    wanted = str(next(iter(name)) if isinstance(name, dict) else name).casefold()
    return full.casefold() in (wanted,) or full.casefold().endswith(f"/ {wanted}")


def _path(wanted: Any, seen: Seen) -> str | None:
    taken = [f"{element['path']}/{element.get('out') or ''}" for element in seen.rehearsal.trace]
    names = [f"{element.get('name', '')}/{element.get('out') or ''}" for element in seen.rehearsal.trace]
    for step in _list(wanted):
        if not any(str(step) in text for text in (*taken, *names)):
            return f"{step} was not taken"
    return None


def _heard(wanted: Any, seen: Seen) -> str | None:
    spoken = " ".join(line.text for line in seen.rehearsal.transcript if line.who == "flow")
    for text in _list(wanted):
        if " ".join(str(text).casefold().split()) not in " ".join(spoken.casefold().split()):
            return f'"{text}" was not heard; heard: {spoken}'
    return None


def _duration(wanted: Any, seen: Seen) -> str | None:
    length = seen.rehearsal.finished - seen.rehearsal.started
    match = re.fullmatch(r"\s*(<=?|>=?)?\s*(.+)", str(wanted))
    limit = duration_ms(match.group(2)) if match else None
    if match is None or limit is None:
        return f"{wanted!r} is no duration such as '< 30s'"
    sign = match.group(1) or "<="
    holds = {"<": length < limit, "<=": length <= limit, ">": length > limit, ">=": length >= limit}[sign]
    return None if holds else f"the call took {length / 1000:.1f} s, expected {wanted}"


def _error(wanted: Any, seen: Seen) -> str | None:
    if not seen.errors:
        return "the flow met no error"
    error = seen.errors[0]
    wanted = wanted if isinstance(wanted, dict) else {"message": wanted}
    for key, text in wanted.items():
        if str(text).casefold() not in str(error.get(key, "")).casefold():
            return f'the error\'s {key} is "{error.get(key)}", expected "{text}"'
    return None


def _warning(wanted: Any, seen: Seen) -> str | None:
    texts = [
        str(element) for element in seen.rehearsal.trace if element.get("dropped") or element.get("kind") == "adapter"
    ]
    return None if any(str(wanted) in text for text in texts) else f'no warning says "{wanted}"'


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


_JUDGES: Mapping[str, Callable[[Any, Seen], str | None]] = {
    "end": _is("the end", lambda seen: seen.rehearsal.how),
    "by": _is("the call was ended by", lambda seen: seen.rehearsal.by),
    "reason": _is("the reason", lambda seen: seen.rehearsal.end.reason if seen.rehearsal.end else None),
    "outputs": _outputs,
    "queue": _is("queue", lambda seen: seen.rehearsal.queue),
    "priority": _is("priority", lambda seen: seen.rehearsal.priority),
    "language": _is("language", lambda seen: seen.rehearsal.language),
    "skills": _skills,
    "skills_exact": _skills_exact,
    "callback": _callback,
    "data": _data,
    "data_exact": _data_exact,
    "vars": _vars,
    "called": _called,
    "not_called": _not_called,
    "path": _path,
    "heard": _heard,
    "duration": _duration,
    "error": _error,
    "warning": _warning,
}
