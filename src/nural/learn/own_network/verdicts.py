"""The verdicts on the functions of a learner's `network.py`."""

from dataclasses import dataclass, field

import numpy as np

from nural.learn.language import said
from nural.learn.own_network.diagnosis import Diagnosis, Reason
from nural.learn.own_network.parts import Part
from nural.learn.own_network.running import Arrays, Run
from nural.learn.own_network.saying import say
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
            told = say("first", array=written, source=self.source, reason=reason.said)
            return self._not_right(told, reason.mistake)
        if outcome.error:
            return self._not_right(say("exception after", error=outcome.error))
        changed = [key for key, array in (before or {}).items() if after and not np.array_equal(array, after[key])]
        if changed:
            return self._not_right(say("changed", array=f'weights["{changed[0]}"]'), "input-changed")
        count = len(self.states)
        equal = say("arrays", count=count, source=self.source) if count > 1 else self.source
        return Verdict(self.name, True, self.states, kind=self.name, torch=equal)

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
            return self._not_right(say("missing", array=written))
        reason = Reason(say("exception", error=outcome.error))
        if diagnosis and part:
            reason = diagnosis.of_exception(part, getattr(part, self.name), outcome.error)
        return self._not_right(say("not there", array=written, reason=reason.said), reason.mistake)

    def _unwritten(self, key: str, outcome: Run) -> Verdict:
        rest = said("waits", function=outcome.unwritten)
        if outcome.unwritten == self.name:
            rest = say("next", array=key) if self.states else said("unwritten")
        if self.states:
            rest = say("right so far", arrays=", ".join(self.states), rest=rest)
        return Verdict(self.name, False, {**self.states, key: "unwritten"}, None, rest, kind=self.name)

    def _not_right(self, told: str, mistake: str | None = None) -> Verdict:
        mistakes = (mistake,) if mistake else ()
        return Verdict(self.name, False, self.states, mistake, told, kind=self.name, mistakes=mistakes)
