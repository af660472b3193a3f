"""How a learner's function is called: its arguments in its order, and what came of it."""

import ast
import contextlib
import copy
import inspect
import linecache
import re
import textwrap
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nural.learn.building import NotTaken
from nural.learn.case import Case
from nural.learn.function import Function


@dataclass
class Outcome:
    """What came of one case.

    Attributes:
        results: What was returned, one after another; None for what is no array of numbers.
        names: Their names, if the function says them: as a dictionary, or in its ``return``.
        error: The exception, in one sentence with the learner's own line.
        unwritten: The function that raised `NotImplementedError`, as those do that are not yet written.
        refuses: Whether that line is the learner's own ``raise`` or ``assert``.
        not_taken: Whether the function has no arguments for the settings of this case.
        changed: The arguments that differ afterwards and should not.
        again: What a second call with the same arguments returned, if that differs.
    """

    results: list[np.ndarray | None] = field(default_factory=list)
    names: tuple[str, ...] = ()
    error: str = ""
    unwritten: str = ""
    refuses: bool = False
    not_taken: bool = False
    changed: tuple[str, ...] = ()
    again: list[np.ndarray | None] | None = None


@dataclass
class Report:
    """What came of all cases of one function, and what it printed and warned of meanwhile."""

    outcomes: list[Outcome] = field(default_factory=list)
    refused: str = ""
    printed: str = ""
    warned: list[str] = field(default_factory=list)
    source: str = ""


def tried(function: Function, f: Callable[..., Any]) -> Report:
    """A learner's function on all cases."""
    report = Report(source=source_of(f))
    take, sentence = _arrangement(function, f)
    if sentence:
        report.refused = sentence
        return report
    names = returned_names(report.source, function.results)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report.outcomes = [_outcome(function, take, case, names) for case in function.cases]
    report.warned = sorted({str(w.message) for w in caught})
    return report


def _outcome(function: Function, take: Callable[..., Any], case: Case, names: tuple[str, ...]) -> Outcome:
    runs, call = [], function.call or (lambda f, *args: f(*args))
    outcome = Outcome()
    for _ in range(2):
        args = copy.deepcopy(case.args)
        try:
            returned = call(take, *args)
        except NotTaken:
            return Outcome(error="it has no argument for these settings", not_taken=True)
        except Exception as error:
            if runs:
                break
            said = sentence_of(error)
            unwritten = _raised_in(error) if isinstance(error, NotImplementedError) else ""
            return Outcome(
                error=said, unwritten=unwritten, refuses=bool(re.match(r"line \d+, `(raise|assert)\b", said))
            )
        before = case.args
        for name, old, new in zip(function.arguments, before, args, strict=False):
            if isinstance(old, np.ndarray) and name not in function.changes and not _same(old, new):
                outcome.changed = (*outcome.changed, name) if name not in outcome.changed else outcome.changed
        runs.append(_as_list(returned, function))
    outcome.names, outcome.results = runs[0][0] or names, runs[0][1]
    if len(runs) == 2 and not all(_same(a, b) for a, b in zip(runs[0][1], runs[1][1], strict=False)):
        outcome.again = runs[1][1]
    return outcome


def _as_list(returned: Any, function: Function) -> tuple[tuple[str, ...], list[np.ndarray | None]]:
    """The results one after another, and their names if they came in a dictionary or a named tuple."""
    if isinstance(returned, dict):
        return tuple(map(str, returned)), [_numbers(value) for value in returned.values()]
    if isinstance(returned, tuple) or (isinstance(returned, list) and len(function.results) > 1):
        names = tuple(getattr(returned, "_fields", ()))
        return names, [_numbers(value) for value in returned]
    return (), [_numbers(returned)]


def _numbers(value: Any) -> np.ndarray | None:
    """A copy as a plain array of numbers, or None if it is none."""
    if value is None:
        return None
    with contextlib.suppress(Exception):
        array = np.array(value)
        if array.dtype.kind in "fiub":
            return array if array.dtype.kind == "f" else array.astype(np.float64)
    return None


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)


def sentence_of(error: BaseException) -> str:
    """An exception with the line of the learner's code in which it was raised, or from which it came."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_learners(f.filename)]
    said = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}, `{(error.text or '').strip()}`: {error.msg}"
    if not frames:
        return said
    line = (frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno or 0)).strip()
    return f"line {frames[-1].lineno}, `{line}`: {said}" if line else f"line {frames[-1].lineno}: {said}"


def _raised_in(error: BaseException) -> str:
    """The name of the function that raised it."""
    return traceback.extract_tb(error.__traceback__)[-1].name


def _is_learners(filename: str) -> bool:
    here = __file__.rpartition("learn")[0]
    return not (filename.startswith((here, "<frozen", "<__array_function__")) or "site-packages" in filename)


#: What a backward pass may compute again rather than be given.
COMPUTED = {"mean", "variance", "inverse_std", "y"}


def _arrangement(function: Function, f: Callable[..., Any]) -> tuple[Callable[..., Any], str]:
    """The function so that it takes the arguments in our order; or a sentence on why that cannot be."""
    if inspect.isclass(f):
        return f, ""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return f, ""
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return f, ""
    fewest = min(len(case.args) for case in function.cases)
    if by_name := _by_name(function, f, places, fewest):
        return by_name, ""
    needed = [p for p in places if p.default is p.empty]
    most = max(len(case.args) for case in function.cases)
    if len(places) < fewest or len(needed) > most:
        has = ", ".join(p.name for p in places)
        needs = ", ".join(function.arguments[:fewest])
        return f, f"takes ({has}), and is called with ({needs}), in this order"

    def take(*args: Any) -> Any:
        if len(args) > len(places):
            raise NotTaken
        return f(*args)

    return take, ""


def _by_name(
    function: Function, f: Callable[..., Any], places: list[inspect.Parameter], fewest: int
) -> Callable[..., Any] | None:
    """The function called by our names, if it has those in another order, or computes some of them again."""
    ours = {name.lower(): i for i, name in enumerate(function.arguments)}
    also: dict[str, str] = dict.fromkeys(("dout", "grad_output", "grad_out", "upstream"), "dy")
    theirs = {p.name: also.get(name := p.name.lower().strip("_"), name) for p in places}
    known = {name: ours[called] for name, called in theirs.items() if called in ours}
    order = list(known.values())
    if any(p.kind == p.POSITIONAL_ONLY or (p.name not in known and p.default is p.empty) for p in places):
        return None
    left_out = {name for i, name in enumerate(function.arguments[:fewest]) if i not in order}
    if len(set(order)) < len(order) or not left_out <= COMPUTED or (order == sorted(order) and not left_out):
        return None

    def by_name(*args: Any) -> Any:
        if any(i not in order for i in range(fewest, len(args))):
            raise NotTaken
        return f(**{name: args[i] for name, i in known.items() if i < len(args)})

    return by_name


def source_of(f: Callable[..., Any]) -> str:
    """The text of a function, or nothing if there is none."""
    try:
        return textwrap.dedent(inspect.getsource(f))
    except (OSError, TypeError):
        return ""


def returned_names(source: str, results: Sequence[str]) -> tuple[str, ...]:
    """The names in the last ``return a, b, c`` of a function, if there is one of names alone."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    found: tuple[str, ...] = ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple | ast.List):
            names = [
                n.id if isinstance(n, ast.Name) else n.attr if isinstance(n, ast.Attribute) else ""
                for n in node.value.elts
            ]
            if all(names):
                found = tuple(names)
    return found
