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
from nural.learn.own_network.recording import Called, origins
from nural.learn.own_network.saying import say
from nural.learn.partly import is_moved, partly

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Reason:
    """Why an array is wrong.

    Attributes:
        said: One or two sentences.
        mistake: The name of the mistake, if it has one.
    """

    said: str
    mistake: str | None = None


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
                if np.size(array) and same(array, one):
                    return written(name)
                if np.ndim(one) == 2 and same(array, one.T):
                    return f"{written(name)}.T"
        return say("array of shape", shape=np.shape(array)) if np.ndim(array) else str(array)


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
        calls = [] if part.is_written_out else origins(self.calls, found)
        if not calls:
            return self._of_array(found, right, everything)
        of_function = [call for call in calls if call.function == function]
        if not of_function:
            return Reason(say("comes from", found=calls[0].function, function=function))
        differences = [self._first_argument(call, part) for call in of_function]
        if all(differences):
            return Reason(differences[0])
        if function in self.wrong:
            return self.of_function(function)
        settings = ", ".join(f"{name}={setting}" for name, setting in part.settings.items())
        with_them = say("with", settings=settings) if settings else ""
        return Reason(say("wrong here", function=function, settings=with_them, what=partly(found, right)))

    def of_function(self, function: str) -> Reason:
        """The reason that a function of `layers.py` is wrong itself."""
        mistake = self.wrong[function]
        named = f": {mistake}" if mistake else ""
        return Reason(say("wrong itself", function=function, mistake=named), mistake)

    def of_exception(self, part: Part, function: str, error: str) -> Reason:
        """The reason for an exception where a part should have been computed."""
        last = self.calls[-1] if self.calls and not self.calls[-1].results else None
        if last and last.function == function and (difference := self._first_argument(last, part)):
            return Reason(f"{difference} {say('exception of', function=function, error=error)}")
        if last and last.function == function and function in self.wrong:
            return self.of_function(function)
        return Reason(say("exception", error=error))

    def _of_array(self, found: Any, right: Any, everything: Arrays) -> Reason:
        for name, other in everything.items():
            if np.shape(other) == np.shape(found) and np.shape(found) != np.shape(right) and same(found, other):
                return Reason(say("other", name=name))
        for name, other in everything.items():
            if other is not right and same(found, other):
                return Reason(say("other", name=name))
        if is_moved(found, right):
            return Reason(say("moved"), "reshape-for-transpose")
        return Reason(say("here", what=partly(found, right)))

    def _first_argument(self, call: Called, part: Part) -> str:
        """A sentence on the first argument that is another than it should be; nothing if all are right."""
        function = call.function
        defaults = inspect.signature(REFERENCE[function]).parameters
        wanteds = arguments(part, function)
        for name, parameter in defaults.items():
            if name not in call.arguments:
                continue
            given = call.arguments[name]
            wanted = wanteds[name].of(**vars(self.right)) if name in wanteds else parameter.default
            if name in wanteds and isinstance(wanted, np.ndarray):
                if not same(given, wanted):
                    called = self.right.called(given)
                    return say("argument", function=function, found=called, name=name, right=wanteds[name])
            elif not _is_same_setting(given, wanted, name, call.arguments):
                return say("setting", function=function, name=name, found=repr(given), right=repr(wanted))
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
