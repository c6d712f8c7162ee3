"""The command line: one table of commands, each in a module of its own that is imported when it is used.

Exit codes everywhere: 0 fine, 1 an error (or a warning under --strict) or a failed test, 2 wrong usage, 3 our
fault.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from callwright import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make a project: flow, organisation, contacts, test."),
    "check": ("check", "Check flows, organisation and data actions."),
    "eval": ("evaluate", "Evaluate one expression, or JSON lines from standard input."),
    "run": ("run", "Play one call in the terminal."),
    "test": ("test", "Run rehearsals: *.test.yaml."),
    "explore": ("explore", "Walk every path of a flow, with the caller's behaviour that leads there."),
    "action": ("action", "Run a data action by itself, or look at its parts."),
    "expand": ("expand", "Show the Architect YAML that concise actions become."),
    "graph": ("graph", "Draw a flow."),
    "explain": ("explain", "Say what a finding means and how to mend it."),
    "schema": ("schema", "Print the JSON Schema of flows, tests, organisation or project."),
    "import": ("import_", "Bring Architect exports and CX-as-Code into a project."),
    "simulate": ("simulate", "Let calls arrive at queues and agents in virtual time."),
    "serve": ("serve", "Start API, desk and telephony."),
    "user": ("user", "Add users who may log in and set their passwords."),
    "client": ("client", "Let programs log in to the API."),
    "demo": ("demo", "See it all with sample data: calls, routing, the agent's desk."),
}
"""Every command: its module in ``callwright.commands`` and its one-line help."""


class LazyGroup(click.Group):
    """A group that knows its commands' help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"callwright.commands.{COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from dsl.source.nearest import nearest

            match = nearest(args[0], COMMANDS)
            hint = f' Did you mean "{match}"?' if match else ""
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="callwright")
@click.option("--debug", is_flag=True, help="Show tracebacks of callwright's own faults.")
def cli(debug: bool) -> None:
    """Check, rehearse and run Architect-style call flows."""


def help_width() -> int:
    """Characters of a line of help, as click has it; asked here because click loads ``shutil`` to ask, for 3 ms."""
    try:
        columns = int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (ValueError, OSError):
        columns = 80
    return max(min(columns, 80) - 2, 50)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; a fault of ours becomes one sentence and code 3."""
    from callwright.guard import shadowed

    problem = shadowed()
    if problem:
        click.echo(f"callwright: {problem}", err=True)
        return 3
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(
            args=list(arguments), prog_name="callwright", standalone_mode=False, terminal_width=help_width()
        )
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        error.show()
        return 2
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if "--debug" in arguments:
            raise
        from callwright.faults import describe

        click.echo(describe(error, arguments), err=True)
        return 3
    return result if isinstance(result, int) else 0
