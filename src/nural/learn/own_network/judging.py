"""The functions of a learner's `network.py` are judged, each by itself."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from nural.learn.comparing import ratio, same
from nural.learn.mistakes.explanations import of_ratio
from nural.learn.own_network.answers import RATE, Answers, Batch
from nural.learn.own_network.diagnosis import Diagnosis, Reason, Right
from nural.learn.own_network.network import Network
from nural.learn.own_network.parts import Part
from nural.learn.own_network.recording import record
from nural.learn.own_network.running import Arrays, Run, copied, numbers, run
from nural.learn.own_network.saying import say
from nural.learn.own_network.solving import Solved
from nural.learn.own_network.ties import differs_only_at_ties
from nural.learn.own_network.verdicts import Findings
from nural.learn.partly import partly
from nural.learn.verdict import Verdict


@dataclass(frozen=True)
class Judge:
    """Judges the functions of `network.py`.

    `forward` and `backward` run with the learner's own functions beneath; `backward` gets the right values. `predict`,
    `step` and `train` run with the right functions beneath.

    Attributes:
        network: What they are to compute.
        weights: Its arrays.
        batch: What they are tried on.
        answers: What is right there.
        wrong: The functions of `layers.py` that are wrong, and the names of their mistakes.
        divided_later: Whether the learner's loss leaves the division by N to the layers: a convention.
    """

    network: Network
    weights: Arrays
    batch: Batch
    answers: Answers
    wrong: Mapping[str, str | None]
    divided_later: bool = False

    def verdict(self, name: str, module: ModuleType) -> Verdict:
        """The verdict on a function of the module."""
        function, findings = getattr(module, name, None), Findings(name, self.network.source)
        if not callable(function):
            return findings.stopped(name, name, Run())
        return getattr(self, f"_{name}")(function, module, findings)

    def _forward(self, f: Callable[..., Any], module: ModuleType, findings: Findings) -> Verdict:
        diagnosis = Diagnosis(self._right(self.answers.gradients), record(module), self.wrong)
        values, weights = copied(self.batch.values), copied(self.weights)
        outcome = run(f, values, weights)
        for part in self.network.parts:
            name, written = part.name, f'values["{part.name}"]'
            found, right = numbers(values.get(name)), self.answers.values[name]
            if found is None:
                return findings.stopped(name, written, outcome, diagnosis, part)
            if not same(found, right):
                findings.wrong(
                    name, written, diagnosis.of(part, part.forward, values[name], right, self.answers.values)
                )
                break
            findings.states[name] = "right"
        return findings.verdict(outcome, self.weights, weights)

    def _backward(self, f: Callable[..., Any], module: ModuleType, findings: Findings) -> Verdict:
        answers = self._gradients()
        diagnosis = Diagnosis(self._right(answers), record(module), self.wrong)
        gradients: dict[str, Any] = {self.network.output: answers[self.network.output].copy()}
        weights = copied(self.weights)
        outcome = run(f, gradients, copied(self.batch.values | self.answers.values), weights)
        for part in reversed(self.network.parts):
            for name in [*part.arrays, part.reads]:
                written = f'gradients["{name}"]'
                found, right = numbers(gradients.get(name)), answers[name]
                if found is None and name == "x" and not (outcome.error or outcome.unwritten):
                    continue  # nobody needs the gradient of the input
                if found is None and not findings.first:
                    return findings.stopped(name, written, outcome, diagnosis, part)
                if found is not None and (same(found, right) or self._is_tie(part, name, found, right)):
                    findings.states[name] = "right"
                elif found is not None:
                    reason = diagnosis.of(part, part.backward, gradients[name], right, answers)
                    findings.wrong(name, written, reason)
            if findings.states.get(part.reads) != "right":
                break
        return findings.verdict(outcome, self.weights, weights)

    def _gradients(self) -> Mapping[str, np.ndarray]:
        """The right gradients; those of values N times as large, where the learner divides by N in the layers."""
        if not self.divided_later:
            return self.answers.gradients
        n, answers = len(self.batch.t), self.answers.gradients
        return {name: array if name in self.weights else n * array for name, array in answers.items()}

    def _is_tie(self, part: Part, name: str, found: np.ndarray, right: np.ndarray) -> bool:
        """Whether a right max pooling settles otherwise which of several largest numbers gets the gradient."""
        if name != part.reads or part.backward in self.wrong:
            return False
        return differs_only_at_ties(part, self.answers.values[name], self.answers.values[part.name], found, right)

    def _right(self, gradients: Mapping[str, np.ndarray]) -> Right:
        return Right(self.batch.values | self.answers.values, gradients, self.weights)

    def _predict(self, f: Callable[..., Any], module: ModuleType, findings: Findings) -> Verdict:
        with self._solved(module, "predict"):
            outcome = run(f, self.batch.values["x"].copy(), copied(self.weights))
        found, right = numbers(outcome.returned), self.answers.prediction
        if found is None:
            return findings.stopped("y", say("The output"), outcome)
        findings.states["y"] = "right"
        if not same(found, right):
            in_training = same(found, self.answers.values[self.network.output])
            what = say("in training") if in_training else partly(found, right)
            findings.wrong("y", say("The output"), Reason(say("here", what=what)))
        return findings.verdict(outcome)

    def _step(self, f: Callable[..., Any], module: ModuleType, findings: Findings) -> Verdict:
        weights = copied(self.weights)
        with self._solved(module, "step"):
            outcome = run(f, weights, copied(self.batch.values), self.batch.t.copy(), RATE)
        found, right = numbers(outcome.returned), self.answers.losses[0]
        for name, after in self.answers.after_step.items():
            if found is None and (outcome.error or outcome.unwritten):
                break
            findings.states[name] = "right"
            own = numbers(weights.get(name))
            if own is None or not same(own, after, 1e-9):
                reason = Reason(say("missing", array=name)) if own is None else self._of_update(name, own, after)
                findings.wrong(name, f'weights["{name}"]', reason)
        if found is None and not findings.first:
            return findings.stopped("loss", say("The loss"), outcome)
        findings.states["loss"] = "right"
        if found is None or not same(found, right):
            reason = say("missing", array="loss") if found is None else say("here", what=partly(found, right))
            findings.wrong("loss", say("The loss"), Reason(reason))
        return findings.verdict(outcome)

    def _of_update(self, name: str, found: np.ndarray, right: np.ndarray) -> Reason:
        """Why a weight is wrong after a step."""
        before = self.weights[name]
        if same(found, before, 1e-12):
            return Reason(say("unchanged"))
        factor = ratio(found - before, right - before, 1e-4)
        if factor is None:
            return Reason(say("here", what=partly(found, right)))
        names, _ = of_ratio(factor, ["change"])
        return Reason(say("factor", factor=f"{factor:.6g}"), names[0] if names else None)

    def _train(self, f: Callable[..., Any], module: ModuleType, findings: Findings) -> Verdict:
        right = self.answers.losses
        batches = ((copied(self.batch.values), self.batch.t.copy()) for _ in right)
        with self._solved(module, "train"):
            outcome = run(lambda *args: _all(f(*args)), copied(self.weights), batches, RATE)
        found = numbers(outcome.returned)
        if found is None:
            return findings.stopped("losses", say("What it returns"), outcome)
        findings.states["losses"] = "right"
        if not same(found, right, 1e-9):
            reason = say("losses", count=len(right), what=partly(found, right))
            findings.wrong("losses", say("What it returns"), Reason(reason))
        return findings.verdict(outcome)

    @contextlib.contextmanager
    def _solved(self, module: ModuleType, name: str) -> Iterator[None]:
        """All functions but this one are the right ones meanwhile."""
        solved = {key: f for key, f in Solved(self.network).functions().items() if key != name}
        before = dict(vars(module))
        vars(module).update(solved)
        try:
            yield
        finally:
            vars(module).update(before)


def _all(returned: Any) -> Any:
    """The losses, which may come one by one."""
    return list(returned) if hasattr(returned, "__next__") else returned
