"""All commands; the module of one is loaded when the command is used."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import nural

#: The commands, in the order of ``nural --help``. The module of each holds a function, or a group of commands, of its
#: name.
COMMANDS = (
    *("train", "serve", "profile", "recipes", "evaluate", "predict", "read"),
    *("prepare", "export", "data", "learn", "check", "parity"),
)
STYLE: dict[str, Any] = {
    "rich_markup_mode": "markdown",
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class Commands(TyperGroup):
    """The commands by name, each loaded when it is used: `nural predict` does not wait for what training needs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"nural.cli.{cmd_name}"), cmd_name)
        if isinstance(command, typer.Typer):
            return typer.main.get_command(command)
        only = typer.Typer(add_completion=False, **STYLE)
        only.command()(command)
        return typer.main.get_command(only)


app = typer.Typer(
    cls=Commands,
    name="nural",
    help="Neural networks in NumPy alone: train one on MNIST's handwritten digits, judge it, read digits with it.",
    no_args_is_help=True,
    **STYLE,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"nural {nural.__version__}")
        raise typer.Exit


@app.callback()
def _nural(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...
