"""The verdicts on the functions of a learner's `network.py`."""

from dataclasses import dataclass, field

import numpy as np

from nural.learn.own_network.diagnosis import Diagnosis, Reason
from nural.learn.own_network.parts import Part
from nural.learn.own_network.running import Arrays, Run
from nural.learn.verdict import Verdict


@dataclass
class Findings:
    """What was found so far of one function, array by array.

    Attributes:
        name: The function.
        source: Whose arrays are right: "net.py:Net".
        states: "right", "wrong", "missing" or "unwritten", by the name of the array.
        first: How the first wrong array is written, and why it is wrong.
    """

    name: str
    source: str
    states: dict[str, str] = field(default_factory=dict)
    first: tuple[str, Reason] | None = None

    def wrong(self, key: str, written: str, reason: Reason) -> None:
        """An array is wrong; the first one is told of."""
        self.states[key] = "wrong"
        self.first = self.first or (written, reason)

    def verdict(self, outcome: Run, before: Arrays | None = None, after: Arrays | None = None) -> Verdict:
        """All arrays are there: they are right, or the first that is not is named.

        Args:
            outcome: What came of the call.
            before: Arrays that it must not change.
            after: The same ones afterwards.
        """
        if self.first:
            written, reason = self.first
            return self._not_right(
                f"{written} is the first that is not as in {self.source}. {reason.said}", reason.mistake
            )
        if outcome.error:
            return self._not_right(f"All is right, and then it raises an exception: {outcome.error}.")
        changed = [key for key, array in (before or {}).items() if after and not np.array_equal(array, after[key])]
        if changed:
            said = f'All is right, but weights["{changed[0]}"] is another array afterwards: only step may change it.'
            return self._not_right(said, "input-changed")
        arrays = f"{len(self.states)} arrays of " if len(self.states) > 1 else ""
        return Verdict(self.name, True, self.states, kind=self.name, torch=f"{arrays}{self.source}")

    def stopped(
        self, key: str, written: str, outcome: Run, diagnosis: Diagnosis | None = None, part: Part | None = None
    ) -> Verdict:
        """An array is not there: not yet written, or an exception came before, or it was forgotten.

        Args:
            key: The array.
            written: How it is written.
            outcome: What came of the call.
            diagnosis: Says why, if it can.
            part: What should have given it.
        """
        if outcome.unwritten:
            return self._unwritten(key, outcome)
        self.states[key] = "missing"
        if not outcome.error:
            return self._not_right(f"{written} is missing.")
        reason = Reason(f"It raises an exception: {outcome.error}.")
        if diagnosis and part:
            reason = diagnosis.of_exception(part, getattr(part, self.name), outcome.error)
        return self._not_right(f"{written} is not there. {reason.said}", reason.mistake)

    def _unwritten(self, key: str, outcome: Run) -> Verdict:
        so_far = f"{', '.join(self.states)} right; " if self.states else ""
        said = f"waits for {outcome.unwritten}, which is not yet written"
        if outcome.unwritten == self.name:
            said = f"{key} is next" if self.states else "not yet written"
        return Verdict(self.name, False, {**self.states, key: "unwritten"}, None, so_far + said, kind=self.name)

    def _not_right(self, said: str, mistake: str | None = None) -> Verdict:
        mistakes = (mistake,) if mistake else ()
        return Verdict(self.name, False, self.states, mistake, said, kind=self.name, mistakes=mistakes)
