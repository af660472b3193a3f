"""The search for the mistakes that give what a learner's function gave."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nural.learn.case import Case
from nural.learn.comparing import fitted, in_sizes, ratio, same, tolerance
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.mistakes import MANY, mistakes_of
from nural.learn.mistakes.explanations import of_ratio
from nural.learn.mistakes.mistake import pieces_with
from nural.learn.partly import is_first_alone, is_moved, partly

if TYPE_CHECKING:
    from nural.learn.judging import Answers

Results = dict[str, Any]


@dataclass
class Finding:
    """One mistake: its name if it has one, what it explains, and what to say of it."""

    name: str | None
    results: list[str]
    said: str = ""


class Search:
    """The search for what explains a function's results in some cases."""

    def __init__(self, answers: Answers, among: list[int], failing: list[int]) -> None:
        self.answers, self.function = answers, answers.function
        self.failing = sorted(failing, key=lambda i: answers.cases[i].size)
        self.among = self.failing + [i for i in among if i not in failing]
        #: A track's own functions call others, which are judged by themselves: what is wrong in two of them is not
        #: sought here, nor what is wrong in some of their many results.
        self.is_of_track = "/" in self.function.name
        self._computed: dict[tuple[int, int], tuple[Pieces, Case, Results | None]] = {}

    def results(self, function: Function, pieces: Pieces, case: Case) -> Results | None:
        """What the function gives with these pieces."""
        from nural.learn.judging import computed

        key = id(pieces), id(case)
        if key not in self._computed:  # with pieces and case, so that no others get their ids
            self._computed[key] = pieces, case, computed(function, pieces, case.args)
        return self._computed[key][2]

    def findings(self, wrong: list[str]) -> list[Finding]:
        """What explains the wrong results: all at once, or one after another; the rest is described."""
        if self._is_square():
            return [Finding("broadcast-to-square", wrong)]
        for explain in (self._as_mistake, self._as_multiple, self._as_both):
            if finding := explain(wrong):
                return [finding] if isinstance(finding, Finding) else finding
        found: list[Finding] = []
        left = list(wrong)
        if len(wrong) > 1:
            found += self._by_parts(left)
            left = [name for name in left if not any(name in f.results for f in found)]
        return found + [self._described(name) for name in left]

    def _by_parts(self, wrong: list[str]) -> list[Finding]:
        """Mistakes that explain some of the wrong results each, those that explain most of them first."""
        found: list[Finding] = []
        left = list(wrong)
        for size in range(1 if self.is_of_track else len(wrong) - 1, 0, -1):
            for part in itertools.combinations(left, size):
                names = list(part)
                if not set(names) <= set(left):
                    continue
                for explain in (self._as_mistake, self._as_multiple):
                    finding = explain(names)
                    if finding:
                        found += [finding] if isinstance(finding, Finding) else finding
                        left = [name for name in left if name not in names]
                        break
        for name in list(left):
            both = self._as_both([name])
            if both:
                found += both
        order = sorted(self.function.results, key=lambda name: name == "loss")
        return sorted(found, key=lambda f: (f.name is None, min(order.index(n) for n in f.results)))

    # One mistake

    def _as_mistake(self, wrong: list[str]) -> Finding | None:
        for ignore_exceptions in (False, True):
            fits = []
            for m in mistakes_of(self.function):
                pieces = pieces_with(m)
                if pieces and self._explains(pieces, wrong, m.along, ignore_exceptions):
                    fits.append(m)
                    if not self._also_changes(pieces, wrong):
                        return Finding(m.name, wrong)
            if fits:
                return Finding(fits[0].name, wrong)
        whole = self._is_truncated(wrong) or self._is_whole(wrong)
        return Finding("integer-arithmetic", wrong) if whole else None

    def _explains(self, pieces: Pieces, wrong: list[str], along: bool = False, ignore_exceptions: bool = False) -> bool:
        """Whether these pieces give what the learner's function gave, in all cases and for all these results."""
        differs, multiple = set(), None
        for i in self.among:
            given, right = self.answers.given[i], self.answers.right[i]
            variant = self.results(self.function, pieces, self.answers.cases[i])
            if given is None:
                if variant is None or ignore_exceptions:
                    continue
                return False
            if variant is None or right is None:
                if ignore_exceptions and variant is None and i in self.failing:
                    continue
                return False
            if along and i not in self.failing:
                continue
            for name in wrong:
                found = given.get(name)
                if found is None or name not in variant:
                    return False
                if along:
                    multiple = self._multiple(found, variant[name], right[name], multiple)
                    if multiple is None:
                        return False
                    differs.add(name)
                elif not self._same(i, found, variant[name], right[name]):
                    return False
                elif not same(variant[name], right[name], tolerance(found)):
                    differs.add(name)
        return differs == set(wrong)

    def _same(self, i: int, found: Any, variant: Any, right: Any) -> bool:
        allowed = max(self.function.rtol, tolerance(found, *self.answers.cases[i].args))
        variant = fitted(variant, right)
        if np.size(found) == np.size(variant) and np.ndim(found) == 1:
            variant = np.ravel(variant)
        return same(found, variant, allowed) or same(fitted(found, variant), variant, allowed)

    @staticmethod
    def _multiple(found: Any, variant: Any, right: Any, before: float | None) -> float | None:
        """How many times the variant's difference lies between what was found and what is right; the same each time."""
        if np.shape(found) != np.shape(right) or np.shape(variant) != np.shape(right):
            return None
        c = ratio(found - np.asarray(right), variant - np.asarray(right), 1e-3)
        if c is None or c < 0 or (before is not None and not np.isclose(c, before, rtol=1e-2)):
            return None
        return c

    def _also_changes(self, pieces: Pieces, wrong: list[str]) -> bool:
        """Whether a mistake makes other results wrong, too, which the learner has right."""
        for i in self.failing:
            variant, right = self.results(self.function, pieces, self.answers.cases[i]), self.answers.right[i]
            others = [name for name in variant or {} if name not in wrong and right and name in right]
            rtol = self.function.rtol
            if any(variant and right and not same(variant[name], right[name], rtol) for name in others):
                return True
        return False

    def _is_truncated(self, wrong: list[str]) -> bool:
        """Whether the results are those of whole numbers, where there should be fractions."""
        args = self.answers.cases[self.failing[0]].args
        floats = [k for k, a in enumerate(args) if _is_float_array(a) and np.trunc(a).any()]  # not h0 alone
        some = [[k] for k in floats] + ([floats] if len(floats) > 1 else [])
        ways: list[Callable[[Case], Results | None]] = [
            lambda case, some=s: self.results(self.function, REFERENCE, _with_whole(case, some)) for s in some
        ]
        ways += [
            lambda case, whole=whole: {
                name: whole(value) for name, value in (self.results(self.function, REFERENCE, case) or {}).items()
            }
            for whole in (np.trunc, np.floor, np.rint)
        ]
        for way in ways:
            differs = False
            for i in self.among:
                given, variant = self.answers.given[i], way(self.answers.cases[i])
                if given is None or not any(not self.answers.is_right(i, name) for name in wrong):
                    continue
                if not variant or any(
                    given.get(name) is None or not same(given[name], variant[name], 1e-6) for name in wrong
                ):
                    break
                right = self.answers.right[i] or {}
                differs |= any(not same(variant[name], right[name]) for name in wrong)
            else:
                if differs:
                    return True
        return False

    def _is_whole(self, wrong: list[str]) -> bool:
        """Whether all numbers are whole, and less than 1 away from right ones that are not."""
        fractions = False
        for i in self.among:
            given, right = self.answers.given[i], self.answers.right[i]
            if not given or not right:
                continue
            for name in wrong:
                found, expected = given.get(name), np.asarray(right[name])
                fractions |= not np.array_equal(expected, np.rint(expected))
                if found is None or found.shape != expected.shape or not np.isfinite(found).all():
                    return False
                if not np.array_equal(found, np.rint(found)) or np.abs(found - expected).max(initial=0) > 1.001:
                    return False
        return fractions

    def _is_square(self) -> bool:
        """Whether a result has N rows and N columns where it should have one of them."""
        for i in self.failing:
            given, right = self.answers.given[i], self.answers.right[i]
            for name, value in (given or {}).items():
                shape = np.shape(right[name]) if right and name in right else ()
                if len(shape) == 2 and shape[1] == 1 < shape[0] and np.shape(value) == (shape[0], shape[0]):
                    return True
        return False

    # A multiple

    def _as_multiple(self, wrong: list[str]) -> list[Finding] | None:
        """One factor between what was found and what is right: the same each time, or a product of sizes."""
        said = self._factor(wrong, lambda i: self.answers.right[i])
        if said is None:
            return None
        return _of_factor(said, wrong)

    def _factor(self, wrong: list[str], other: Callable[[int], Results | None]) -> float | str | None:
        ratios, sizes = [], []
        for i in self.among:
            given, expected = self.answers.given[i], other(i)
            if given is None:
                continue
            for name in wrong:
                if given.get(name) is None or not expected or name not in expected:
                    return None
                if (
                    not np.any(expected[name])
                    and np.shape(given[name]) == np.shape(expected[name])
                    and not np.any(given[name])
                ):
                    continue
                c = ratio(given[name], expected[name], min(self.function.rtol / 10, 1e-4))
                if c is None:
                    if tolerance(given[name], *self.answers.cases[i].args) > 1e-4 and ratios:
                        continue
                    return None
                ratios.append(c)
                sizes.append(self.answers.cases[i].sizes)
        if not ratios:
            return None
        if np.allclose(ratios, ratios[0], rtol=1e-4):
            return None if np.isclose(ratios[0], 1, rtol=1e-3) else float(np.median(ratios))
        return in_sizes(ratios, sizes)

    # Two mistakes at once

    def _as_both(self, wrong: list[str]) -> list[Finding] | None:
        if self.is_of_track:
            return None
        mistakes = [m for m in mistakes_of(self.function) if not m.along and m.name not in MANY]
        for m in mistakes:
            pieces = pieces_with(m)
            if pieces is None or not self._may_be_multiple(pieces, wrong):
                continue
            factor = self._factor(
                wrong, lambda i, pieces=pieces: self.results(self.function, pieces, self.answers.cases[i])
            )
            if factor is not None:
                return [Finding(m.name, wrong), *_of_factor(factor, wrong)]
        for first, second in itertools.combinations(mistakes, 2):
            pieces = pieces_with(first, second) if first.name != second.name else None
            if pieces and self._explains(pieces, wrong):
                return [Finding(first.name, wrong), Finding(second.name, wrong)]
        return None

    def _may_be_multiple(self, pieces: Pieces, wrong: list[str]) -> bool:
        i = next(i for i in self.failing if self.answers.given[i] is not None)
        given, variant = self.answers.given[i], self.results(self.function, pieces, self.answers.cases[i])
        assert given is not None
        return bool(variant) and all(
            given.get(name) is not None and ratio(given[name], variant[name]) is not None for name in wrong if variant
        )

    # No name

    def _described(self, name: str) -> Finding:
        """What can be said of a wrong result that no mistake explains: its places, its shape, its first difference."""
        pairs = [
            (given.get(name), np.asarray(right[name]))
            for i in self.failing
            if (given := self.answers.given[i]) is not None and (right := self.answers.right[i])
            if not self.answers.is_right(i, name)
        ]
        found, right = pairs[0] if pairs else (None, None)
        if found is None or right is None:
            return Finding(None, [name], f"{name} is missing: return {', '.join(self.function.results)}.")
        for mistake, holds in (("first-window-only", is_first_alone), ("reshape-for-transpose", is_moved)):
            if all(f is not None and holds(f, r) for f, r in pairs):
                return Finding(mistake, [name])
        return Finding(None, [name], f"{name}: {partly(found, right)}")


def _of_factor(factor: float | str, wrong: list[str]) -> list[Finding]:
    names, text = of_ratio(factor, wrong)
    return [Finding(name, wrong, text) for name in names] or [Finding(None, wrong, text)]


def _is_float_array(arg: Any) -> bool:
    return isinstance(arg, np.ndarray) and arg.dtype.kind == "f"


def _with_whole(case: Case, places: Iterable[int]) -> Case:
    return Case(tuple(np.trunc(a) if k in places else a for k, a in enumerate(case.args)), case.sizes)
