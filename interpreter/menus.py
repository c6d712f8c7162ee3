"""Menus: one shared counter for silence and wrong keys (flow-format.md §10.1)."""

from __future__ import annotations

from typing import Any

from dsl.program import WAIT, MenuChoice, MenuTable
from interpreter.commands import Menu, Speech
from interpreter.core import GUARD_MS, SECRET, ms_of, timing
from interpreter.ends import Ends
from interpreter.events import Input

_GOOD = ("max", "term", "inter_timeout")


class Menus(Ends):
    """Entering, playing, choosing."""

    def enter_menu(self, number: int) -> None:
        """A menu is entered: its rounds begin at zero."""
        state = self.state
        known = [entry[0] for entry in state.menus]
        before = state.menus[: known.index(number)] if number in known else state.menus
        state.menus = (*before, (number, 0))

    def leave_menus(self) -> None:
        """A jump ends all menus on the way back."""
        self.state.menus = ()

    def previous_menu(self, entry: int) -> int:
        """The menu before this one; the first one stays."""
        menus = self.state.menus
        if len(menus) < 2:
            return entry
        self.state.menus = menus[:-1]
        return self.program.menus[menus[-2][0]].entry

    def last_menu(self) -> int:
        """The menu that the caller came from, for an action outside of menus."""
        if not self.state.menus:
            return self.fail("the caller comes from no menu", "unknown-menu")
        return self.program.menus[self.state.menus[-1][0]].entry

    def menu(
        self,
        number: int,
        resume: int,
        timeout: Any,
        delay: Any,
        confidence: int,
        complete: Any,
        incomplete: Any,
        longest: Any,
    ) -> int:
        """Play a menu and wait for a choice; further digits within ``delay`` make an extension, what is said counts
        from a confidence in percent on and is over after a silence, ``complete`` or ``incomplete``."""
        table, state = self.program.menus[number], self.state
        prompts = state.audio
        ms, may_interrupt = timing(prompts)
        if not may_interrupt and self.say_first():
            return WAIT
        timeout_ms = ms_of(timeout)
        delay_ms = ms_of(delay) if table.extension is not None else 0
        until = self.at + ms + timeout_ms + delay_ms + GUARD_MS
        identity, deadline = self.wait("menu", resume, until, said=len(prompts))
        choices = {choice.key: choice.terms.get(state.language, ()) for choice in table.choices}
        is_spoken = any(choices.values())
        command = Menu(
            id=identity,
            choices=choices,
            deadline=deadline,
            prompts=prompts,
            first_timeout=timeout_ms,
            barge_in=may_interrupt,
            flush_typeahead=state.menus[-1][1] > 0,
            extension_delay=delay_ms or None,
            min_confidence=confidence / 100,
            language=state.language,
            speech=Speech(ms_of(complete), ms_of(incomplete), ms_of(longest)) if is_spoken else None,
        )
        self.commands.append(command)
        self.trace.append(("menu", number, (self.at, SECRET if state.secret_audio else prompts)))
        return WAIT

    def chosen(self, number: int, again: int, repeats: int, confidence: int) -> int:
        """Where the answer leads."""
        table, event = self.program.menus[number], self.input
        choice = _choice(table, event, self.state.language, confidence / 100)
        if choice is not None:
            self.trace.append(("chosen", number, choice.name))
            return choice.block
        if table.extension is not None and event is not None and len(event.digits) > 1 and event.why in _GOOD:
            self.trace.append(("chosen", number, "extension"))
            return table.extension
        rounds = self.state.menus[-1][1] + 1
        self.state.menus = (*self.state.menus[:-1], (number, rounds))
        silent = event is None or (not event.digits and not event.speech)
        self.trace.append(("chosen", number, "no_input" if silent else "no_match"))
        if rounds <= repeats:
            return again
        return table.default if table.default is not None else self.disconnect()


def _choice(table: MenuTable, event: Input | None, language: str, least: float) -> MenuChoice | None:
    """The choice that a key or an utterance names; an utterance counts from the least confidence on."""
    if event is None:
        return None
    if event.digits:
        pressed = event.digits if event.why in _GOOD else None
        return next((choice for choice in table.choices if choice.key == pressed), None)
    if not event.speech or (event.confidence is not None and event.confidence < least):
        return None
    said = event.speech.casefold().strip()
    return next((c for c in table.choices if said in (term.casefold() for term in c.terms.get(language, ()))), None)
