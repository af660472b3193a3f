"""`check`: a function, a class, a module or a file is judged."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from nural.learn.finding import found_in, found_in_file
from nural.learn.judging import judged
from nural.learn.mistakes.explanations import explanation
from nural.learn.running import SECONDS, Found, reports
from nural.learn.verdict import Verdict, Verdicts


def check(f: Any, like: str | None = None, seconds: float = SECONDS) -> Any:
    """Judge a function, a class, or all functions of a module whose names are known.

    It runs on small drawn cases, the same ones each time, in a process of its own; arguments are positional, in the
    order of the function of this name in `nural.reference`. What it prints is kept for the verdict's ``notes``.

    Args:
        f: The function, the class (whose ``forward`` and ``backward`` are judged), or the module.
        like: What it is to be, if its name is the learner's own: "fc_backward"; of a function of one track,
            "dnn/forward".
        seconds: How long each function may run.

    Returns:
        A `Verdict`, or `Verdicts` of a module or of a track's class: true if all is right. Terminals and notebooks show
        them in full.

    Raises:
        NotLoaded: The checker knows no such function; the message is one sentence.
    """
    verdicts = _judged(lambda: found_in(f, like), seconds)
    if not isinstance(f, ModuleType) and len(verdicts) == 1:
        return verdicts[0]
    return Verdicts(verdicts)


def check_file(path: str | Path, like: str | None = None, seconds: float = SECONDS) -> Verdicts:
    """Judge the functions and classes of a Python file or a notebook, which is run in a process of its own.

    Args:
        path: The file. It is read, never written.
        like: What its one function of an unknown name is to be, or "NAME=fc_backward".
        seconds: How long each function may run, and the file itself.

    Raises:
        NotLoaded: The file cannot be run, or has nothing that the checker knows; the message is one sentence.
    """
    return Verdicts(_judged(lambda: found_in_file(path, like), seconds))


def _judged(find: Callable[[], list[Found]], seconds: float) -> list[Verdict]:
    return in_one_convention(judged(title, kind, report) for title, kind, report in reports(find, seconds))


UNDIVIDED, DIVIDED = "batch-mean-missing", "batch-mean-twice"
CONVENTION = (
    "In this file the loss returns p − t and the layers divide by N, the number of samples: a convention of its own, "
    "right as a whole; nural and PyTorch divide in the loss."
)
#: What a loss may have besides and be right on all but extreme inputs.
OF_EXTREMES = {"log-of-zero", "log-epsilon", "probability-clipped"}
#: Losses, and the layers that may divide by the batch in their place.
LOSSES = "cross_entropy_loss", "mean_squared_loss", "binary_cross_entropy_loss", "CrossEntropyLoss", "MSELoss"
LAYERS = "fc_backward", "conv2d_backward", "Linear", "Conv2d"


def in_one_convention(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts, where a loss that returns p − t and layers that divide by N are right together."""
    verdicts = list(verdicts)
    shares = {UNDIVIDED: LOSSES, DIVIDED: LAYERS}
    if not all(any(v.kind in kinds and name in v.mistakes for v in verdicts) for name, kinds in shares.items()):
        return verdicts
    return [
        next((_without(v, name) for name, kinds in shares.items() if v.kind in kinds and name in v.mistakes), v)
        for v in verdicts
    ]


def _without(v: Verdict, name: str) -> Verdict:
    """The verdict without what is no mistake in a convention; nor are logarithms of 0 on extreme inputs."""
    mistakes = tuple(m for m in v.mistakes if m != name)
    notes = (*v.notes, *(f"{m}: {explanation(m, {})}" for m in mistakes))
    if set(mistakes) <= OF_EXTREMES:
        results = dict.fromkeys(v.results, "right")
        return replace(
            v, right=True, results=results, mistake=None, message=CONVENTION, example=None, mistakes=(), notes=notes
        )
    said = " ".join(explanation(m, {}) for m in mistakes)
    return replace(v, mistake=mistakes[0], message=said, mistakes=mistakes, notes=(*v.notes, CONVENTION))
