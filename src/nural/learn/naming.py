"""What the mistake is called: each known one is tried, until one gives what the learner's function gave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nural.learn.mistakes import mistakes_of
from nural.learn.mistakes.explanations import explanation
from nural.learn.mistakes.mistake import pieces_with
from nural.learn.search import Finding, Search

if TYPE_CHECKING:
    from nural.learn.judging import Answers

Results = dict[str, Any]


@dataclass
class Naming:
    """All mistakes of a function, the most important one first."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys(f.name for f in self.findings if f.name))

    @property
    def first(self) -> str | None:
        """The name that is printed."""
        return next(iter(self.names), None)

    @property
    def shown(self) -> list[str]:
        """The results in which the mistakes show, the first mistake's first."""
        named = sorted(self.findings, key=lambda f: f.name is None)
        return [result for finding in named for result in finding.results]

    def sentences(self, answers: Answers, example: tuple[Any, int] | None) -> str:
        """What is said of all of them, with the numbers of the example."""
        sizes = answers.cases[example[1]].sizes if example else {}
        said = []
        for f in self.findings:
            text = f.said or (explanation(f.name, sizes) if f.name else "")
            if len(self.findings) > 1 and f.name and f.results:
                text = f"{', '.join(f.results)}: {text}"
            if text and text not in said:
                said.append(text)
        return " ".join(said)


def named(
    answers: Answers, indices: list[int], failing: list[int], ordinary: bool, results: Iterable[str] = ()
) -> Naming:
    """The mistakes behind what is wrong in the failing cases.

    Args:
        answers: What was answered, and what is right.
        indices: The cases that count.
        failing: Those of them in which something is wrong.
        ordinary: Whether these are ordinary cases, which are explained before the special ones.
        results: What is to be explained, if not all that is wrong.
    """
    among = [i for i in indices if not (ordinary and answers.cases[i].special)]
    exact = [i for i in among if answers.cases[i].label != "float32" and not answers.cases[i].accepts]
    if any(i in exact for i in failing):
        among, failing = exact, [i for i in failing if i in exact]
    answered = [i for i in failing if answers.given[i] is not None]
    wrong = [name for name in answers.function.results if any(name in answers.wrong(i) for i in answered)]
    wrong = [name for name in wrong if name in results] if results else wrong
    if all(answers.given[i] is None for i in among):
        return Naming([Finding(_of_exceptions(answers, among), wrong, _exception(answers, failing))])
    search = Search(answers, among, failing)
    if not wrong:
        return Naming([_in_some_cases(answers, among, failing)])
    if not ordinary:
        return Naming(_of_special_inputs(search, answers, among, failing, wrong))
    findings = search.findings(wrong)
    if any(f.name for f in findings):
        return Naming(findings)
    if any(answers.given[i] is None for i in failing):
        findings.insert(0, _in_some_cases(answers, among, failing))
    return Naming(findings)


def _in_some_cases(answers: Answers, among: list[int], failing: list[int]) -> Finding:
    """What is said of a function that raises an exception in some cases and not in others."""
    raised = [i for i in failing if answers.given[i] is None]
    label = answers.cases[raised[0]].label
    said = f"In {len(raised)} of {len(among)} cases it raises an exception: {answers.outcomes[raised[0]].error}"
    return Finding(None, [], f"{said} ({label})." if label else f"{said}.")


def _of_exceptions(answers: Answers, among: list[int]) -> str | None:
    """The mistake of shapes that raises in all these cases too, if there is only one such."""
    names, search = set(), Search(answers, among, among)
    if not all(re.match("line .*ValueError", answers.outcomes[i].error) for i in among):
        return None
    for m in mistakes_of(answers.function):
        pieces = pieces_with(m)
        if pieces and all(search.results(answers.function, pieces, answers.cases[i]) is None for i in among):
            names.add(m.name)
    return names.pop() if len(names) == 1 else None


def _exception(answers: Answers, failing: list[int]) -> str:
    i = min(failing, key=lambda i: answers.cases[i].size)
    return f"It raises an exception: {answers.outcomes[i].error}."


def _of_special_inputs(
    search: Search, answers: Answers, among: list[int], failing: list[int], wrong: list[str]
) -> list[Finding]:
    """Right on ordinary inputs: the mistakes that can be seen on special ones alone, input by input."""
    findings = search.findings(wrong)
    if all(f.name for f in findings):
        return findings
    findings = []
    for label in dict.fromkeys(answers.cases[i].label for i in failing):
        these = [i for i in failing if answers.cases[i].label == label]
        some = [i for i in among if answers.cases[i].label == label or not answers.cases[i].special]
        found = Search(answers, some, these).findings([n for n in wrong if any(n in answers.wrong(i) for i in these)])
        if not any(f.name for f in found) and (name := _by_label(answers, label, these)):
            found = [Finding(name, found[0].results if found else wrong)]
        findings += found
    order = [case.means for case in answers.cases]
    return sorted(findings, key=lambda f: (f.name is None, order.index(f.name) if f.name in order else len(order)))


def _by_label(answers: Answers, label: str, these: list[int]) -> str | None:
    """The mistake that these cases are there for, where the answer is no number, or none that is accepted."""
    case = answers.cases[these[0]]
    values = [value for i in these for value in (answers.given[i] or {}).values() if value is not None]
    if case.accepts or not all(np.isfinite(value).all() for value in values):
        return case.means or None
    return "log-epsilon" if case.means == "log-of-zero" else None
