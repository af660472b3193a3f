"""Why an array of a learner's network is not the right one: a function that is wrong, or what it was given."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.learn.comparing import same
from nural.learn.function import REFERENCE
from nural.learn.own_network.calls import arguments, gradient, value
from nural.learn.own_network.parts import Part
from nural.learn.own_network.recording import Called, origin
from nural.learn.partly import is_moved, partly

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Reason:
    """Why an array is wrong.

    Attributes:
        said: One or two sentences.
        mistake: The name of the mistake, if it has one.
        function: The function that is to be looked at, if it is one of `layers.py`.
    """

    said: str
    mistake: str | None = None
    function: str = ""


@dataclass(frozen=True)
class Right:
    """What is right, by name, for the arguments of every call."""

    values: Arrays
    gradients: Arrays
    weights: Arrays

    def called(self, array: Any) -> str:
        """How this array is written, if it is one of these."""
        groups = ((self.values, value), (self.gradients, gradient), (self.weights, lambda name: f'weights["{name}"]'))
        for arrays, written in groups:
            for name, one in arrays.items():
                if np.shape(one) == np.shape(array) and np.size(array) and same(array, one):
                    return written(name)
        return f"an array of shape {np.shape(array)}"


class Diagnosis:
    """Says why an array is wrong.

    Args:
        right: All arrays as they are right.
        calls: What was called.
        wrong: The functions of `layers.py` that are wrong, with the name of their mistake if it has one.
    """

    def __init__(self, right: Right, calls: list[Called], wrong: Mapping[str, str | None]) -> None:
        self.right, self.calls, self.wrong = right, calls, wrong

    def of(self, part: Part, function: str, found: Any, right: Any, everything: Arrays) -> Reason:
        """The reason for a wrong array.

        Args:
            part: The part that it belongs to.
            function: What should have computed it.
            found: The learner's.
            right: The right one.
            everything: The learner's other arrays of this kind, by name, and the right ones.
        """
        call = None if part.is_written_out else origin(self.calls, found)
        if call is None:
            return self._of_array(found, right, everything)
        if call.function != function:
            return Reason(f"It comes from {call.function}, and should come from {function}.")
        if difference := self._first_argument(call, part, function):
            return Reason(difference)
        if function in self.wrong:
            mistake = self.wrong[function]
            named = f", {mistake}" if mistake else ""
            return Reason(f"It is given what it should be, and is wrong itself{named}: see there.", mistake, function)
        settings = ", ".join(f"{name}={setting}" for name, setting in part.settings.items())
        with_them = f" with {settings}" if settings else ""
        said = f"It is given what it should be, but it is wrong here{with_them}: {partly(found, right)}"
        return Reason(said, None, function)

    def _of_array(self, found: Any, right: Any, everything: Arrays) -> Reason:
        for name, other in everything.items():
            if np.shape(other) == np.shape(found) and np.shape(found) != np.shape(right) and same(found, other):
                return Reason(f"It is the one of {name}.")
        for name, other in everything.items():
            if other is not right and same(found, other):
                return Reason(f"It is the one of {name}.")
        if is_moved(found, right):
            return Reason("Its numbers are right, but at other places.", "reshape-for-transpose")
        return Reason(f"Here {partly(found, right)}")

    def _first_argument(self, call: Called, part: Part, function: str) -> str:
        """The first argument that is another than it should be."""
        names = {
            "values": self.right.values,
            "gradients": self.right.gradients,
            "weights": self.right.weights,
            "np": np,
        }
        defaults = inspect.signature(REFERENCE[function]).parameters
        texts = arguments(part, function)
        for name, parameter in defaults.items():
            if name not in call.arguments:
                continue
            given = call.arguments[name]
            wanted = eval(texts[name], names) if name in texts else parameter.default
            if name in texts and isinstance(wanted, np.ndarray):
                if not same(given, wanted):
                    return f"Its {name} is {self.right.called(given)}, and should be {texts[name]}."
            elif not _is_same_setting(given, wanted, name, call.arguments):
                return f"Its {name} is {given}, and should be {wanted}."
        return ""


def _is_same_setting(given: Any, wanted: Any, name: str, others: Arrays) -> bool:
    """Whether a setting is the same, written in whichever way."""
    if name == "stride" and None in (given, wanted):
        given, wanted = (others.get("kernel_size") if one is None else one for one in (given, wanted))
    if isinstance(given, np.ndarray) or isinstance(wanted, np.ndarray):
        return same(given, wanted)
    return given == wanted or np.array_equal(_spread(given), _spread(wanted))


def _spread(setting: Any) -> Any:
    """(down, across) of one number."""
    if isinstance(setting, int | np.integer):
        return (int(setting),) * 2
    return setting
