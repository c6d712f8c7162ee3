"""The walk: every path of a flow within bounds, driven by the same pure machine that calls run on.

A path forks in two ways. While the flow waits, every *choice* is taken: a key, silence, success, failure. Where a
condition hangs on an answer, the other ways are *solved* for: the path is taken up again at the wait that gave the
answer, from the state that was saved there, with another value. A state that has been seen is not gone into again, so
that loops end. What promises to reach something new goes first; nothing depends on time or chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from dsl.expressions.types import Type, is_collection, item_of
from interpreter.commands import Collect, Command, Continue, End
from interpreter.events import Continued, Event
from interpreter.step import Executable, Step, start, step
from simulator.explore.beginning import NOON, USUAL, beginning, number_of, other_openings, started
from simulator.explore.choices import ANSWERED, ENTERED, HANG_UP, Choice, entry, event_of, situation
from simulator.explore.follow import ERROR, Follower, Memory
from simulator.explore.index import Index, Way
from simulator.explore.place import END, Bounds, Found, Place, key_of
from simulator.explore.samples import sample
from simulator.explore.solve import contradict, solve
from simulator.explore.terms import Answer, Demand, Evaluator, Values

STEP_MS = 1_000
MOST_ATTEMPTS = 3
"""How often the same fork is tried from paths that differ in what lies behind them only."""


@dataclass(order=True, slots=True)
class Plan:
    """Something to be tried, in the order of its rank."""

    rank: tuple[int, int, int]
    fork: Place | None = field(compare=False)
    choice: Choice | None = field(compare=False)
    values: Values = field(compare=False)
    rest: tuple[str, ...] = field(compare=False)
    bound: int = field(compare=False)
    way: Way = field(compare=False)


@dataclass
class Walk:
    """A walk through one flow."""

    executable: Executable
    index: Index
    bounds: Bounds = field(default_factory=Bounds)
    found: Found = field(default_factory=Found)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.executable.directory, NOON, self.executable.program.default_language)
        self._beginning = beginning(self.executable.program)
        self._plans: list[Plan] = []
        self._order = 0
        self._open: Counter[Any] = Counter()
        self._cut_short: list[Place] = []
        self._forked: Counter[Any] = Counter()

    def go(self) -> Found:
        """Walk until there is nothing left to try, or a bound is met."""
        self._plan(None, None, {}, (), 0, ("", "start"), 0)
        for answer in other_openings(self.executable.program):
            self._plan(None, None, {**self._beginning, **answer}, (), 0, ("", repr(answer)), 1)
        while self._plans:
            if self.found.steps >= self.bounds.steps or len(self.found.ends) >= self.bounds.paths:
                self.found.complete = False
                break
            plan = heappop(self._plans)
            if plan.rank[0] < 2 and plan.way in self.found.tried | self.found.taken:
                self._again(plan)
            else:
                self._carry_out(plan)
        self._go_to_the_end()
        return self.found

    # Plans.

    def _plan(
        self,
        fork: Place | None,
        choice: Choice | None,
        values: Values,
        rest: tuple[str, ...],
        bound: int,
        way: Way,
        rank: int,
    ) -> None:
        self._order += 1
        depth = (fork.number if fork is not None else 0) + len(rest)
        heappush(self._plans, Plan((rank, depth, self._order), fork, choice, values, rest, bound, way))

    def _again(self, plan: Plan) -> None:
        """What was new when it was planned is not any more."""
        plan.rank = (2, *plan.rank[1:])
        heappush(self._plans, plan)

    def _carry_out(self, plan: Plan) -> None:
        self.found.tried.add(plan.way)
        if plan.fork is not None:
            self._open[plan.fork.key] -= not plan.rest
        place = self._take(plan.fork, plan.choice, plan.values)
        news = False
        for label in plan.rest:
            if place is None or place.situation is None:
                break
            news |= self._arrived(place, plan.bound, passing=True)
            place = self._follow(place, label, plan.values)
        if place is None:
            return
        news |= self._arrived(place, plan.bound)
        if news and place.situation is not None and self.found.waits.get(place.key) is not place:
            self._cut_short.append(place)

    def _follow(self, place: Place, label: str, planned: Values) -> Place | None:
        """The choice of this label, if there is one."""
        assert place.situation is not None
        choice = next((c for c in place.situation.choices if c.label == label), None)
        return self._take(place, choice, planned) if choice is not None else None

    def _go_to_the_end(self) -> None:
        """Paths that showed something new and then met a known state go on from there as a known path does."""
        known: dict[Any, tuple[str, ...]] = {}
        for end in self.found.ends:
            path = end.path()
            labels = [place.choice.label if place.choice is not None else "" for place in path]
            for number, place in enumerate(path[:-1], 1):
                known.setdefault(place.key, tuple(labels[number:]))
        for cut in self._cut_short:
            at: Place | None = cut
            for label in known.get(cut.key, ()):
                if at is not None and at.situation is not None:
                    at = self._follow(at, label, {})
            if at is not None and at.situation is None:
                self._note(at)
                self.found.ends.append(at)

    # Steps.

    def _take(self, fork: Place | None, choice: Choice | None, planned: Values) -> Place | None:
        """One event, and what the flow does until it waits again; None where nobody could bring the event about."""
        if fork is None:
            began = {name: value for name, value in planned.items() if name.startswith("?0.")}
            values = {**self._beginning, **began}
            return self._placed(
                None, None, values, NOON, lambda: start(self.executable, started(self.executable.program, values))
            )
        assert fork.situation is not None
        assert choice is not None
        given = {leaf.name or "": choice.defaults.get(leaf.name or "") for _, leaf in choice.gives}
        values = {**fork.values, **given, **{name: planned[name] for name in given if name in planned}}
        at = fork.at + STEP_MS
        event = event_of(choice, fork.state, fork.situation.command, at, values)
        if event is None:
            return None
        return self._placed(fork, choice, values, at, lambda: step(self.executable, fork.state, event))

    def _placed(self, fork: Place | None, choice: Choice | None, values: Values, at: int, first: Any) -> Place | None:
        before: Any = fork.state if fork is not None else None
        try:
            result: Step = first()
            trace, commands = list(result.trace), list(result.commands)
            while any(isinstance(command, Continue) for command in result.commands):
                self.found.steps += 1
                further: Event = Continued(seq=result.state.seq + 1, at=at)
                result = step(self.executable, result.state, further)
                trace.extend(result.trace)
                commands.extend(result.commands)
        except Exception as error:  # a fault of ours: it is told as such, and the path is over
            self.found.internal.setdefault(f"{type(error).__name__}: {error}", fork)
            return None
        self.found.steps += 1
        state = result.state
        memory = fork.memory if fork is not None else Memory()
        gives = dict(choice.gives) if choice is not None else {}
        entered = {ENTERED: gives[ENTERED]} if ENTERED in gives else memory.entered
        follower = Follower(
            self.index,
            self.evaluator,
            before.variables if before is not None else state.variables,
            Memory(dict(memory.terms), dict(memory.attributes), dict(memory.turns), entered),
            {**self._beginning, **values},
            {**entered, **gives},
        )
        if fork is None:
            follower.started()
        follower.follow(trace)
        number = fork.number + 1 if fork is not None else 1
        end = next((command for command in commands if isinstance(command, End)), None)
        demands = fork.demands if fork is not None else ()
        place = Place(
            state=state,
            at=at,
            values={**self._beginning, **values},
            demands=demands,
            memory=follower.ended(state),
            trace=tuple(trace),
            branches=tuple(follower.branches),
            forks=fork.forks + len(fork.branches) if fork is not None else 0,
            number=number,
            situation=None if end is not None else situation(self.index, state, _kept(commands), number),
            end=end,
            parent=fork,
            choice=choice,
        )
        place.demands = (*demands, *(demand for branch in place.branches for demand in branch.holds))
        return place

    # Arriving.

    def _arrived(self, place: Place, bound: int, *, passing: bool = False) -> bool:
        """Note what was seen, plan the other ways of the forks, and, where nobody has been yet, all choices.

        Tells whether the step has shown an action or an output that no other has.
        """
        news = self._note(place)
        self._plan_forks(place, bound)
        key = key_of(self.index, place) if place.situation is not None else END
        place.key = key
        if place.parent is not None and place.choice is not None and place.choice.label != HANG_UP:
            self.found.edges.setdefault(place.parent.key, set()).add(key)
        if place.situation is None:
            if not passing:
                self.found.ends.append(place)
        elif key in self.found.waits:
            self.found.merged += not passing
        else:
            self.found.waits[key] = place
            if place.number >= self.bounds.depth:
                self.found.complete = False
                self._open[key] += 1
            else:
                self._plan_choices(place)
        return news

    def _plan_choices(self, place: Place) -> None:
        assert place.situation is not None
        element = place.situation.element
        planned_bound = place.forks + len(place.branches)
        for choice in place.situation.choices:
            way = (element, choice.label)
            once = choice.label in (HANG_UP, ANSWERED)
            if once and way in self.found.tried:
                continue
            if once:
                self.found.tried.add(way)
            else:
                self._open[place.key] += 1
            self._plan(place, choice, {}, (), planned_bound, way, 1 if not once and way not in self.found.tried else 2)

    def _plan_forks(self, place: Place, bound: int) -> None:
        demands = place.parent.demands if place.parent is not None else ()
        asked = (place.parent.key if place.parent is not None else None, place.choice.label if place.choice else "")
        outcomes: tuple[tuple[int, str], ...] = ()
        for number, branch in enumerate(place.branches, place.forks):
            for label, other in branch.others if number >= bound else ():
                fork = (*asked, outcomes, branch.site, label)
                if self._forked[fork] < MOST_ATTEMPTS:
                    after = number + (branch.taken != ERROR)  # an error that does not happen is no fork any more
                    solved = self._plan_fork(place, demands, other, after, branch.site, label)
                    self._forked[fork] += MOST_ATTEMPTS if solved else 1
            demands = (*demands, *branch.holds)
            outcomes = (*outcomes, (branch.site, branch.taken))

    def _plan_fork(
        self,
        place: Place,
        kept: tuple[Demand, ...],
        wanted: tuple[Demand, ...],
        bound: int,
        site: int,
        label: str,
    ) -> bool:
        """The path once more, from the wait whose answer has to be another one; whether there is such an answer."""
        way = (self.index.program.sites[site].place, label)
        path = place.path()
        answer = solve(self.evaluator, kept, wanted, place.values, lambda found: self._realised(found, path))
        changed = {name: value for name, value in (answer or {}).items() if place.values.get(name) != value}
        if not changed:
            if not contradict(kept, wanted):
                self.found.unsolved.add(way)
            return False
        number = min(int(name[1:].partition(".")[0]) for name in changed)
        labels = tuple(step.choice.label for step in path[1:] if step.choice is not None)
        fork = path[number - 1] if number else None
        choice = path[number].choice if number else None
        rank = 2 if way in self.found.taken else 0
        self._plan(fork, choice, {**place.values, **changed}, labels[number:], bound, way, rank)
        return True

    def _realised(self, answer: Answer, path: list[Place]) -> Iterator[Answer]:
        """Answers that the world can give: keys that fit the question; lists of one reply with one length."""
        for name, value in answer.items():
            number, _, output = name[1:].partition(".")
            there = path[int(number) - 1].situation if 0 < int(number) <= len(path) else None
            if output == ENTERED and there is not None and isinstance(there.command, Collect):
                if entry(there.command, value) is None:
                    return
            elif name in USUAL and number_of(value) is None:
                return
        alike = self._alike(answer, path)
        if alike:
            yield {**alike, **answer}
        yield answer

    def _alike(self, answer: Answer, path: list[Place]) -> Answer:
        """The other lists of the same replies, as long as those of the answer."""
        found: Answer = {}
        for name, value in answer.items():
            number = int(name[1:].partition(".")[0])
            choice = path[number].choice if isinstance(value, tuple) and 0 < number < len(path) else None
            for _, leaf in choice.gives if choice is not None else ():
                other = leaf.name or ""
                if is_collection(leaf.type) and other not in answer:
                    given = path[-1].values.get(other) or ()
                    found[other] = (given + (sample(item_of(Type(leaf.type))),) * len(value))[: len(value)]
        return found

    # What was seen.

    def _note(self, place: Place) -> bool:
        """Keep what a step has shown; whether any of it is new."""
        sites, found = self.index.program.sites, self.found
        before = len(found.reached) + len(found.taken)
        for kind, site, data in place.trace:
            if kind == "act":
                found.reached.add(sites[site].place)
            elif kind == "done" and site >= 0:
                found.done.add(sites[site].place)
                if data[0]:
                    found.taken.add((sites[site].place, data[0]))
            elif kind == "chosen":
                found.taken.add((self.index.program.menus[site].element, data))
            elif kind == "error":
                self._error(sites[site].place if site >= 0 else "", data, place)
        return len(found.reached) + len(found.taken) > before

    def _error(self, element: str, error: Mapping[str, Any], place: Place) -> None:
        message = str(error["message"])
        if error["code"] == "internal-error":
            self.found.internal.setdefault(f"{element}: {message}", place)
        elif error["code"] == "limit-exceeded" and message.endswith("actions"):
            self.found.endless.setdefault(element, place)
        else:
            self.found.errors.setdefault((element, message), place)

    def caught(self) -> list[Place]:
        """Waits from which no end was found although everything was tried there."""
        back: dict[Any, set[Any]] = {}
        for key, targets in self.found.edges.items():
            for target in targets:
                back.setdefault(target, set()).add(key)
        ending: set[Any] = {END} | {key for key, place in self.found.waits.items() if self._may_end(key, place)}
        further = list(ending)
        while further:
            for key in back.get(further.pop(), ()):
                if key not in ending:
                    ending.add(key)
                    further.append(key)
        return [place for key, place in self.found.waits.items() if key not in ending]

    def _may_end(self, key: Any, place: Place) -> bool:
        """Whether something is left untried there, or an agent may answer."""
        answered = place.situation is not None and any(c.label == ANSWERED for c in place.situation.choices)
        return answered or self._open[key] > 0


def _kept(commands: Iterable[Command]) -> tuple[Command, ...]:
    return tuple(command for command in commands if not isinstance(command, Continue))
