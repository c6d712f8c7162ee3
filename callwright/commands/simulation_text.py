"""The report of a simulation as text: figures with their intervals, and how they went over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.traffic import WAIT_BANDS_S, Estimate, QueueFigures, Report, TeamFigures

LEVELS = "▁▂▃▄▅▆▇█"
PLAIN = str.maketrans(LEVELS, "_.-:=+*#")
"""What stands for them where the terminal has no such characters."""

BAR = 40
LABEL = 22


def text_of(report: Report) -> str:
    """The whole report."""
    lines = [
        f"{report.hours:g} h simulated, the first {report.warm_up_s / 60:g} min not counted; seed {report.seed}",
        f"figures with {report.confidence:.0%} intervals over {report.batches} batches",
    ]
    for queue in report.queues:
        lines += ["", *_queue(queue), "", *_waits(queue), "", *_course(queue)]
    lines += ["", f"{'team':<20}{'agents':>8}{'handled':>9}  {'occupancy':<24}{'least':>8}{'most':>8}"]
    lines += map(_team, report.teams)
    lines += ["", "occupancy over time", *(f"  {team.name:<{LABEL}} {curve(team.course, 1)}" for team in report.teams)]
    return "\n".join(lines)


def writable(text: str, encoding: str) -> str:
    """The text as an output of this encoding can show it."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(PLAIN)
    return text


def _queue(queue: QueueFigures) -> list[str]:
    head = f"queue {queue.name}: {queue.offered} came, {queue.answered} answered, {queue.abandoned} gave up"
    lines = [head + (f", {queue.still_waiting} wait at the end" if queue.still_waiting else "")]
    theory = queue.theory
    shown = {
        f"within {queue.target_s:g} s": percent(queue.service_level),
        "gave up": percent(queue.abandons) + (f"   {theory.model} {theory.abandons:.2%}" if theory else ""),
        "had to wait": percent(queue.waits) + (f"   {theory.model} {theory.waits:.2%}" if theory else ""),
        "mean wait": seconds(queue.wait_s) + (f"   {theory.model} {theory.wait_s:.2f} s" if theory else ""),
        "mean wait if answered": seconds(queue.answer_s),
        "longest wait": f"{queue.longest_s:.1f} s",
        "waiting on average": plain_number(queue.queue_length),
    }
    return lines + [f"  {name:<{LABEL}} {value}" for name, value in shown.items()]


def _waits(queue: QueueFigures) -> Iterator[str]:
    """How many waited how long, up to the longest."""
    whole, most = sum(queue.wait_bands), max(queue.wait_bands)
    if not whole:
        return
    yield "  waited"
    for name, count in wait_bands(queue):
        yield f"    {name:<{LABEL - 2}} {'█' * round(BAR * count / most):<{BAR}} {count / whole:>6.1%}"


def wait_bands(queue: QueueFigures) -> Iterator[tuple[str, int]]:
    """How many waited how long, in words, up to the longest; nothing where nobody came."""
    names = ["not at all", *(f"up to {edge} s" for edge in WAIT_BANDS_S[1:]), f"over {WAIT_BANDS_S[-1]} s"]
    last = max((number for number, count in enumerate(queue.wait_bands) if count), default=-1)
    yield from list(zip(names, queue.wait_bands, strict=True))[: last + 1]


def _course(queue: QueueFigures) -> Iterator[str]:
    """Curves over the whole time; their highest point is told, since a curve has no scale."""
    course = queue.course
    longest, most = max((wait or 0.0 for wait in course.wait_s), default=0.0), max(course.queue_length, default=0.0)
    yield f"  over time, {course.part_s / 60:g} min each"
    yield f"    {'came':<{LABEL - 2}} {curve(course.offered)}  up to {max(course.offered, default=0)}"
    yield f"    {f'within {queue.target_s:g} s':<{LABEL - 2}} {curve(course.service_level, 1)}  up to 100 %"
    yield f"    {'mean wait':<{LABEL - 2}} {curve(course.wait_s)}  up to {longest:.1f} s"
    yield f"    {'waiting':<{LABEL - 2}} {curve(course.queue_length)}  up to {most:.1f}"


def curve(values: Sequence[float | None], highest: float | None = None) -> str:
    """Values as a line of blocks, from nothing to ``highest`` or the highest of them; a blank where there is none."""
    top = highest or max((value or 0.0 for value in values), default=0.0) or 1.0
    steps = len(LEVELS) - 1
    return "".join(" " if value is None else LEVELS[round(min(value / top, 1.0) * steps)] for value in values)


def _team(team: TeamFigures) -> str:
    occupancy = percent(team.occupancy)
    return f"{team.name:<20}{team.agents:>8}{team.handled:>9}  {occupancy:<24}{team.least:>8.1%}{team.most:>8.1%}"


def percent(figure: Estimate) -> str:
    """A share (0..1) with its interval."""
    return _number(figure, " %", 100)


def seconds(figure: Estimate) -> str:
    """A time with its interval."""
    return _number(figure, " s", 1)


def plain_number(figure: Estimate) -> str:
    """A number with its interval."""
    return _number(figure, "", 1)


def _number(figure: Estimate, unit: str, scale: float) -> str:
    if figure.value is None:
        return "-"
    value = f"{scale * figure.value:.2f}{unit}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({scale * max(0.0, figure.low):.2f} .. {scale * figure.high:.2f})"
