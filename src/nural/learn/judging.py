"""A report becomes a verdict: what is right, what is wrong, and what the mistake is called."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from nural.learn.calling import Outcome, Report
from nural.learn.comparing import FLOAT32, fitted, same, tolerance
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions import KINDS
from nural.learn.language import said
from nural.learn.mistakes import mistakes_of
from nural.learn.mistakes.explanations import explanation
from nural.learn.naming import Naming, named
from nural.learn.ordering import in_our_order
from nural.learn.verdict import Example, Verdict

#: How a function looks that takes labels and one-hot rows, rather than the one kind alone.
TAKES_LABELS = re.compile(r"ndim|\[:, ?(None|np\.newaxis)|reshape|expand_dims|len\(\w+\.shape\)|dtype")
Results = dict[str, Any]


class Answers:
    """What a learner's function answered in each case, beside what is right.

    Attributes:
        function: What it is to be.
        outcomes: What came of each case.
        given: The results by name, case by case; None where there was an exception.
    """

    def __init__(self, function: Function, outcomes: list[Outcome]) -> None:
        self.function, self.outcomes, self.cases = function, outcomes, function.cases
        self.given, self.reordered = in_our_order(function, outcomes, self.right)
        for given, right in zip(self.given, self.right, strict=True):
            for name in given or ():
                if given and given[name] is not None and right and name in right:
                    given[name] = fitted(given[name], right[name])

    @cached_property
    def right(self) -> list[Results | None]:
        """The right results of each case."""
        return [computed(self.function, REFERENCE, case.args) for case in self.function.cases]

    def is_right(self, i: int, name: str) -> bool:
        """Whether a result of a case is right; not if there is none."""
        given, right, case = self.given[i], self.right[i], self.cases[i]
        if given is None:
            return False
        if name in self.function.extras:
            return True
        if name not in given or given[name] is None:
            return False
        if case.accepts and (case.accepts(given) or not (right and np.isfinite(right[name]).all())):
            return case.accepts(given)
        assert right
        allowed = max(self.function.rtol, tolerance(given[name], *case.args))
        return same(given[name], right[name], allowed)

    def differs(self, name: str) -> bool:
        """Whether a result that may be left out is there and is another than ours."""
        pairs = [(g[name], r[name]) for g, r in zip(self.given, self.right, strict=True) if g and r and name in g]
        return any(found is None or not same(found, right, FLOAT32) for found, right in pairs)

    def wrong(self, i: int) -> list[str]:
        """The names of what is wrong in a case."""
        return [name for name in self.function.results if not self.is_right(i, name)]


def computed(function: Function, pieces: Pieces, args: tuple[Any, ...]) -> Results | None:
    """The results by name, right or with the mistakes that are in the pieces; None if that raises."""
    args = tuple(np.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args)
    try:
        with np.errstate(all="ignore"):
            returned = function.right(pieces, *args)
    except Exception:
        return None
    results = returned if isinstance(returned, tuple) else (returned,)
    return dict(zip(function.results, results, strict=False))


def judged(title: str, kind: str, report: Report) -> Verdict:
    """The verdict on one function."""
    function = KINDS[kind]
    notes = _notes(report)
    if report.refused:
        return Verdict(
            title, False, dict.fromkeys(function.results, "missing"), None, report.refused, kind=kind, notes=notes
        )
    unwritten = {outcome.unwritten for outcome in report.outcomes if not outcome.not_taken}
    if unwritten and "" not in unwritten:
        return _unwritten(title, kind, unwritten.pop())
    answers = Answers(function, report.outcomes)
    ways, left_out = _cases_that_count(answers, report.source)
    notes = (*notes, *(note for note in (left_out, answers.reordered) if note), *_of_optional(answers))
    others = [name for name in function.extras if answers.differs(name)]
    if others:
        notes = (*notes, f"not counted, {' and '.join(others)}: other numbers than nural.reference's {kind} gives")
    indices, naming = ways[0], Naming()
    common: dict[str, Any] = {"kind": kind, "cases": len(indices), "torch": function.torch, "notes": notes}
    harmful = _when_called_again(title, answers, indices, common)
    if harmful is not None:
        return harmful
    if not any(answers.wrong(i) for i in indices):
        return _right_or_harmful(title, answers, indices, common)
    for indices in ways:
        naming = _named_in(answers, indices)
        if naming.first:
            break
    failing = [i for i in indices if answers.wrong(i)]
    example = _example(answers, [i for i in failing if not answers.cases[i].special] or failing, naming)
    pieces = [m.piece for m in mistakes_of(function) if m.name == naming.first] + list(function.pieces)
    read = next((said("read", function=piece) for piece in pieces if piece in REFERENCE), "")
    message = naming.sentences(answers, example) + read
    return Verdict(
        title,
        False,
        _states(answers, indices),
        naming.first,
        message,
        example=example[0] if example else None,
        mistakes=naming.names,
        **common,
    )


def _unwritten(title: str, kind: str, raised_in: str) -> Verdict:
    own = title.rpartition(".")[2] == raised_in
    message = said("unwritten") if own else said("waits", function=raised_in)
    return Verdict(title, False, dict.fromkeys(KINDS[kind].results, "unwritten"), None, message, kind=kind)


def _named_in(answers: Answers, indices: list[int]) -> Naming:
    """The mistakes that show in these cases: on ordinary inputs, and what then is wrong on special ones alone."""
    failing = [i for i in indices if answers.wrong(i)]
    ordinary = [i for i in failing if not answers.cases[i].special]
    if not ordinary:
        return named(answers, indices, failing, False)
    naming = named(answers, indices, ordinary, True)
    right = [n for n in answers.function.results if all(n not in answers.wrong(i) for i in ordinary)]
    special = [i for i in failing if answers.given[i] is not None and set(answers.wrong(i)) & set(right)]
    if naming.first and special:
        naming.findings += named(answers, indices, special, False, right).findings
    return naming


def _states(answers: Answers, indices: list[int]) -> dict[str, str]:
    """Of each result, whether it is right wherever there is one."""
    states = {}
    for name in answers.function.results:
        if name in answers.function.extras:
            continue
        answered = [i for i in indices if (given := answers.given[i]) is not None and given.get(name) is not None]
        right = all(answers.is_right(i, name) for i in answered)
        states[name] = ("right" if right else "wrong") if answered else "missing"
    return states


def _notes(report: Report) -> tuple[str, ...]:
    notes = []
    if report.printed.strip():
        lines = report.printed.strip().splitlines()
        notes.append(said("prints", lines=" / ".join(lines[:3]) + (" …" if len(lines) > 3 else "")))
    notes += [said("warns", warning=warned) for warned in report.warned[:2]]
    return tuple(notes)


def _cases_that_count(answers: Answers, source: str) -> tuple[list[list[int]], str]:
    """The cases by which the function is judged; those of one kind of target if it is written for that, or of each."""
    counted = [
        i
        for i, (case, outcome) in enumerate(zip(answers.cases, answers.outcomes, strict=True))
        if not (case.optional or outcome.not_taken or (case.may_refuse and outcome.refuses))
    ]
    groups = sorted({answers.cases[i].group for i in counted})
    if len(groups) < 2:
        return [counted], ""
    of = {group: [i for i in counted if answers.cases[i].group == group] for group in groups}
    wrong = {group: [i for i in of[group] if answers.wrong(i)] for group in groups}
    if not any(wrong.values()):
        return [counted], ""
    raised = {g: sum(answers.given[i] is None for i in of[g]) for g in groups}
    right = [g for g in groups if all(answers.cases[i].special for i in wrong[g])]
    if len(right) == 1:
        other = next(g for g in groups if g != right[0])
        if other in ("labels", "one-hot") and not raised[other] and TAKES_LABELS.search(source):
            return [of[other]], ""
        return [of[right[0]]], said("takes", these=said(right[0]), those=said(other))
    rights = {g: list(_states(answers, of[g]).values()).count("right") for g in groups}
    nearest = [g for g in groups if rights[g] == max(rights.values())]  # what is right tells which targets are meant
    return [of[group] for group in sorted(nearest, key=lambda g: (raised[g], g == "labels"))], ""


def _of_optional(answers: Answers) -> list[str]:
    notes = []
    settings = [case.label for case, o in zip(answers.cases, answers.outcomes, strict=True) if o.not_taken]
    if settings:
        notes.append(f"it has no argument for {', '.join(dict.fromkeys(s or 'some settings' for s in settings))}")
    for i, case in enumerate(answers.cases):
        if case.optional and not answers.outcomes[i].not_taken and answers.wrong(i):
            reason = answers.outcomes[i].error or "other numbers than PyTorch"
            notes.append(f"not counted, {case.label}: {reason}")
    return notes[:2]


def _when_called_again(title: str, answers: Answers, indices: list[int], common: dict[str, Any]) -> Verdict | None:
    """The verdict on a function that is right when it is called first, and adds to that when it is called again."""
    again = [i for i in indices if answers.outcomes[i].again is not None]
    states = dict.fromkeys(answers.function.results, "right")
    for i in again:
        added = [name for name in states if answers.is_right(i, name) and _is_twice(answers.outcomes[i])]
        if added:
            name = "gradients-not-cleared"
            return Verdict(title, False, states, name, explanation(name, {}), mistakes=(name,), **common)
    if again and not any(answers.wrong(i) for i in indices):
        message = "A second call with the same arguments returns something else: it keeps something from call to call."
        return Verdict(title, False, states, None, message, **common)
    return None


def _right_or_harmful(title: str, answers: Answers, indices: list[int], common: dict[str, Any]) -> Verdict:
    """All numbers are right; but it may change its arguments."""
    states = _states(answers, indices)
    changed = Counter(name for i in indices for name in answers.outcomes[i].changed)
    if changed:
        which = " and ".join(changed)
        message = (
            f"The numbers are right, but {which} is another array afterwards: it writes into its argument, and whoever "
            f"called it goes on with a changed {which}. Write into a copy, or into a new array."
        )
        return Verdict(title, False, states, "input-changed", message, mistakes=("input-changed",), **common)
    return Verdict(title, True, states, **common)


def _is_twice(outcome: Outcome) -> bool:
    """Whether what a second call returned is what two calls add up to, at least in part."""
    pairs = zip(outcome.results, outcome.again or [], strict=False)
    return any(a is not None and b is not None and a.any() and same(b, 2 * a) for a, b in pairs)


def _example(answers: Answers, failing: list[int], naming: Naming) -> tuple[Example, int] | None:
    """The smallest case in which the first mistake shows."""
    results = [*naming.shown, *answers.function.results]
    for name in results:
        shows = [
            i
            for i in failing
            if (given := answers.given[i]) is not None and given.get(name) is not None and not answers.is_right(i, name)
        ]
        if shows:
            i = min(shows, key=lambda i: answers.cases[i].size)
            given, right = answers.given[i], answers.right[i]
            assert given
            arguments = zip(answers.function.arguments, answers.cases[i].args, strict=False)
            return Example(_one_by_one(arguments), name, given[name], None if right is None else right[name]), i
    return None


def _one_by_one(arguments: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Arguments by name; of a dictionary of arrays, each array."""
    found = {}
    for name, value in arguments:
        found |= {f'{name}["{key}"]': each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return found
