"""``callwright demo``: all of it with sample data."""

from __future__ import annotations

import sys

import click


@click.command("demo")
@click.option(
    "--caller",
    "callers",
    type=click.Choice(["known", "unknown", "stranger"]),
    multiple=True,
    help="Call also as this one; a known and an unknown number always call.",
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="The story, or event lines."
)
@click.option("--verbose", is_flag=True, help="Tell also what is played, pressed and looked up.")
@click.option("--stay/--no-stay", default=None, help="Stay up after the calls; default: on a terminal.")
@click.option("--auto-agent", is_flag=True, help="Let the demo's agents answer your own calls, too.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port of the desk; default 8080, 0: a free one.")
@click.option("--database", metavar="URL", help="Keep the data here; default: a file that goes with the demo.")
def command(
    callers: tuple[str, ...],
    format_: str,
    verbose: bool,
    stay: bool | None,
    auto_agent: bool,
    port: int | None,
    database: str | None,
) -> int:
    """Place calls into a sample flow, tell what happens, and serve the desk where agents answer them.

    On a terminal it stays up: call from the page /phone, answer at /desk, Ctrl-C ends it.
    """
    from callwright.demo.running import DemoOptions, run_demo

    options = DemoOptions(
        callers=tuple(dict.fromkeys(("known", "unknown", *callers))),
        json=format_ == "json",
        verbose=verbose,
        stay=sys.stdout.isatty() if stay is None else stay,
        auto_agent=auto_agent,
        port=port,
        database=database,
    )
    return run_demo(options)
