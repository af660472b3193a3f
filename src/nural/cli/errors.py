"""How a command fails: one sentence, exit code 2."""

import functools
import signal
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

from nural.cli.names import printable
from nural.overwriting import OverwriteError

P = ParamSpec("P")
R = TypeVar("R")


class CommandError(Exception):
    """A command cannot do what it was asked for; the message says why in one sentence."""


def report_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that a user can cause into one sentence on stderr and exit code 2."""

    @functools.wraps(command)
    def reporting(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except CommandError as error:
            complain(str(error))
        except BrokenPipeError:
            sys.stderr.close()  # the reader of the output has gone, so nobody would see an error
            raise typer.Exit(2) from None
        except _of_the_library() as error:
            complain(str(error))
        except OverwriteError as error:
            complain(f"{error.filename}: {error.strerror}; name another file, or replace it with --force")
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except KeyboardInterrupt as error:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the message
            complain(f"stopped by Ctrl-C{error}")
        raise typer.Exit(2)

    return reporting


def _of_the_library() -> tuple[type[Exception], ...]:
    """The library's errors that a user can cause; loaded only when something was raised."""
    from nural.data import DataError
    from nural.export.target import ExportError
    from nural.learn.running import NotLoaded
    from nural.model_file import ModelFileError
    from nural.parallel.ranks import RanksError
    from nural.training.divergence import DivergedError

    return DataError, ExportError, NotLoaded, ModelFileError, RanksError, DivergedError


def complain(sentence: str) -> None:
    """One line on stderr."""
    print(f"nural: {printable(sentence)}", file=sys.stderr)
