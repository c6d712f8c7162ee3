"""The demo's story on a terminal: every event line as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

Fields = Mapping[str, Any]


class Screen:
    """Shows event lines and what is said; one call at a time is readable, several are told apart by their start."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def title(self, text: str) -> None:
        """A heading: a new call, a new part."""
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", style="dim")

    def event(self, line: Fields) -> None:
        """One event line; those without a sentence are left out."""
        told = SENTENCES.get(str(line["event"]))
        if told is not None:
            mark, style, sentence = told
            self._print(mark, style, sentence(line))

    def said(self, who: str, text: str) -> None:
        """A line of the conversation, as the caller hears or says it."""
        if who != "connected":
            shown = f"{who}: {text}" if who not in ("music",) else f"♪ {text}"
            self._print(" ", "dim", shown, indent=4)

    def note(self, text: str) -> None:
        """Something that is not part of a call."""
        self.console.print(text)

    def _print(self, mark: str, style: str, text: str, indent: int = 0) -> None:
        shown = Text(f"  {' ' * indent}{mark} ", style=style)
        shown.append(text, style="dim" if style == "dim" else "default")
        self.console.print(shown, soft_wrap=True)


def _identified(line: Fields) -> str:
    by = "by number" if line["by"] == "number" else f"by what they entered (prompt {line['by']})"
    several = "; several have it, the first created counts" if line["outcome"] == "several" else ""
    return f"identified {by}{several}: {line['name'] or 'a record without a name'}, {line['record']}"


def _unidentified(line: Fields) -> str:
    return {
        "unknown": "nobody is known by that",
        "several": "several are known by that",
        "unreachable": "the CRM does not answer",
    }.get(str(line["outcome"]), "not identified")


def _skills(line: Fields) -> str:
    skills = [*line["skills"], *([line["language"]] if line["language"] else [])]
    dropped = f" (beyond five: {', '.join(line['dropped'])})" if line["dropped"] else ""
    return f"skills: {', '.join(skills) or 'none'}{dropped}"


def _offer(line: Fields) -> str:
    skills = ", ".join([*line["skills"], *([line["language"]] if line["language"] else [])])
    tier = f", {line['tier']}" if line["tier"] else ""
    who = line["name"] or "caller without a record"
    return f"{line['agent']} is alerted: {who}{tier}; queue {line['queue']}; {skills}"


def _data(line: Fields) -> str:
    return "participant data: " + ", ".join(f"{name} = {value}" for name, value in line["data"].items())


def _popped(line: Fields) -> str:
    return f"{line['record'] or 'nothing'} opens at {line['agent']}'s desk: {line['reason']}"


def _wrapup(line: Fields) -> str:
    note = f', "{line["note"]}"' if line["note"] else ""
    return f"{line['agent']} wraps up: {line['code']}{note}"


SENTENCES: Mapping[str, tuple[str, str, Callable[[Fields], str]]] = {
    "call.received": ("☎", "bold cyan", lambda line: f"call from {line['from']} to {line['to']}: flow {line['flow']}"),
    "caller.identified": ("✓", "green", _identified),
    "caller.unidentified": ("?", "yellow", _unidentified),
    "caller.prompted": ("…", "cyan", lambda line: f"asked (attempt {line['attempt']}): {line['text']}"),
    "caller.greeted": ("♥", "green", lambda line: f"greeted {'by name' if line['name'] else 'without a name'}"),
    "queue.selected": (
        "→",
        "magenta",
        lambda line: f"queue {line['queue']}, rule {line['rule'] or '-'}, priority {line['priority']}",
    ),
    "skills.required": ("→", "magenta", _skills),
    "participant_data.set": ("⎘", "blue", _data),
    "offer.made": ("♪", "bold yellow", _offer),
    "offer.accepted": ("✓", "bold green", lambda line: f"{line['agent']} answers"),
    "offer.declined": ("✗", "yellow", lambda line: f"{line['agent']} declines"),
    "offer.expired": ("✗", "yellow", lambda line: f"{line['agent']} did not answer"),
    "screen.popped": ("▣", "bold green", _popped),
    "call.ended": ("☎", "bold cyan", lambda line: f"over: {line['by'] or 'the line'} ended it ({line['outcome']})"),
    "wrapup.completed": ("✎", "blue", _wrapup),
    "interaction.logged": ("✓", "green", lambda line: f"in the history of {line['record'] or 'nobody'}"),
}
"""How an event is told: a mark, its style, the sentence."""
