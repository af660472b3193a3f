"""`nural learn`: a network is built function by function, and what was written is judged."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from nural.cli.errors import CommandError, complain, report_errors
from nural.cli.learn_from_torch import from_torch
from nural.learn.checking import check_file
from nural.learn.language import speaking
from nural.learn.running import NotLoaded
from nural.learn.tracks.checking import check_folder
from nural.learn.tracks.folder import NOTEBOOK, FolderError, Started, find, opened
from nural.learn.verdict import Verdict

learn = typer.Typer(
    help="Build a network yourself from NumPy alone, and be told what is wrong.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Language = Annotated[str, typer.Option(metavar="en|zh", help="English or 简体中文.", show_default=False)]


@learn.callback()
def _learn(context: typer.Context, language: Language = "") -> None:
    if context.invoked_subcommand is None:
        _overview(language)


@report_errors
def _overview(language: str) -> None:
    from nural.cli.learn_overview import overview

    overview(Path.cwd(), language)


@learn.command()
@report_errors
def start(
    track: Annotated[str, typer.Argument(help="One of those that `nural learn` names.", show_default=False)],
    language: Language = "en",
) -> None:
    """Write a track into a new folder of its name: modules and a notebook with functions to write.

    Example:

        nural learn start dnn
    """
    from nural.cli.learn_overview import begun
    from nural.learn.tracks.folder import start as start_in

    begun(start_in(track, Path.cwd(), language))


learn.command("from-torch")(from_torch)


@learn.command()
@report_errors
def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="A Python file or a notebook with your functions.", show_default=False),
    ] = None,
    like: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Which function yours is, if its name is another: fc_backward, or MINE=fc_backward.",
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per function, one per line.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Judge again each time a file is saved.")] = False,
) -> None:
    """Judge every function of a file that bears a name of nural's reference, and name the mistake.

    Without FILE, in a folder of `nural learn start`: every function of its track.

    Exits with 1 if a function is wrong.

    Examples:

        nural learn check
        nural learn check mine.py
    """
    started, only = (_here(), "") if file is None else _part_of_track(file)
    if started and not like:
        names = [only] if only else [*started.track.files, NOTEBOOK]
        with speaking(started.language):
            _judge(lambda: _checked(started, only, as_json), [started.folder / name for name in names], watch)
    path = file or Path()
    _judge(lambda: _print(check_file(path, like or None), as_json), [path], watch)


@learn.command()
@report_errors
def hint(
    function: Annotated[
        str, typer.Argument(help="A function of the track; by default the one that comes next.", show_default=False)
    ] = "",
) -> None:
    """Give one hint more: a question, then the formula, then the shapes, then the line.

    Example:

        nural learn hint fc_backward
    """
    from nural.cli.learn_overview import hinted
    from nural.learn.tracks.hints import asked

    started = _here()
    hinted(started, *asked(started, function))


@learn.command()
@report_errors
def train() -> None:
    """Let your functions learn MNIST, beside PyTorch's or the reference's at first.

    Exits with 1 if the losses differ, or the goal is not reached.
    """
    from nural.cli.learn_training import trained

    raise typer.Exit(0 if trained(_here()) else 1)


def _here() -> Started:
    started = find(Path.cwd())
    if started is None:
        raise CommandError("no track was started here: nural learn start TRACK, and go into its folder")
    return started


def _part_of_track(file: Path) -> tuple[Started | None, str]:
    """The started folder that a file was written in, and its name; None if it is a file like any other."""
    folder = file.absolute().parent
    try:
        started = opened(folder)
    except FolderError:
        return None, ""
    own = started and file.name in (*started.track.files, NOTEBOOK)
    return (started, file.name) if own else (None, "")


def _judge(judge: Callable[[], int], files: list[Path], watch: bool) -> NoReturn:
    """Judge once, and leave with the exit code; or each time one of the files is saved."""
    if not watch:
        raise typer.Exit(judge())
    saved = None
    while True:
        now = [file.stat().st_mtime_ns if file.exists() else 0 for file in files]
        if now != saved:
            if saved is not None:
                print()
            saved = now
            try:
                judge()
            except NotLoaded as error:  # half written, perhaps
                complain(str(error))
        time.sleep(0.2)


def _checked(started: Started, file: str, as_json: bool) -> int:
    from nural.cli.learn_overview import what_is_next

    verdicts, errors = check_folder(started, file)
    written = [verdict for verdict in verdicts if not verdict.unwritten]
    _print(verdicts if as_json else written, as_json)
    for error in errors:
        complain(error)
    if not as_json:
        what_is_next(started, verdicts)
    return 2 if errors else int(any(verdict.wrong for verdict in verdicts))


def _print(verdicts: Iterable[Verdict], as_json: bool) -> int:
    """Print the verdicts; 1 if one is wrong."""
    from nural.learn.showing import as_rich

    verdicts = list(verdicts)
    if as_json:
        for verdict in verdicts:
            print(json.dumps(verdict.as_json(), ensure_ascii=False))
    elif verdicts:
        Console(highlight=False).print(as_rich(verdicts))
    return int(any(verdict.wrong for verdict in verdicts))
