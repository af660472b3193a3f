"""`nural learn`: functions that someone else wrote are judged."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nural.cli.errors import complain, report_errors
from nural.learn.checking import check_file
from nural.learn.running import NotLoaded
from nural.learn.verdict import Verdicts

learn = typer.Typer(
    help="Build a network yourself from NumPy alone, and be told what is wrong.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@learn.callback()
def _learn() -> None: ...


@learn.command()
@report_errors
def check(
    file: Annotated[Path, typer.Argument(help="A Python file or a notebook with your functions.", show_default=False)],
    like: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Which function yours is, if its name is another: fc_backward, or MINE=fc_backward.",
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per function, one per line.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Judge again each time the file is saved.")] = False,
) -> None:
    """Judge every function of a file that bears a name of nural's reference, and name the mistake.

    Exits with 1 if a function is wrong.

    Example:

        nural learn check layers.py
    """
    if not watch:
        raise typer.Exit(0 if _print(check_file(file, like or None), as_json) else 1)
    saved = None
    while True:
        now = file.stat().st_mtime_ns if file.exists() else saved
        if now != saved:
            saved = now
            try:
                _print(check_file(file, like or None), as_json)
            except NotLoaded as error:  # half written, perhaps
                complain(str(error))
        time.sleep(0.2)


def _print(verdicts: Verdicts, as_json: bool) -> bool:
    if as_json:
        for verdict in verdicts:
            print(json.dumps(verdict.as_json(), ensure_ascii=False))
    else:
        Console(highlight=False).print(verdicts)
    return bool(verdicts)
