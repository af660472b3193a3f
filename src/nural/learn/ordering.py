"""Results in our order: by the names that the learner gives them, or by their values."""

from typing import Any

from nural.learn.calling import Outcome
from nural.learn.comparing import fitted, same, tolerance
from nural.learn.function import Function

#: What people call a variable, by what we call it.
SYNONYMS = {
    "w": ("w", "weight", "weights", "theta"),
    "k": ("k", "w", "kernel", "kernels", "filter", "filters", "f", "weight", "weights"),
    "b": ("b", "bias", "biases"),
    "x": ("x", "input", "inputs", "prev", "aprev", "xprev", "in"),
    "y": ("y", "out", "output", "logits", "scores", "pred", "ypred"),
    "gamma": ("gamma", "g"),
    "beta": ("beta",),
}


def _is_called(theirs: str, ours: str) -> bool:
    """Whether a learner's name, such as ``grad_w``, is what we call ``dW``."""
    theirs, ours = (name.lower().replace("_", "") for name in (theirs, ours))
    if theirs == ours:
        return True
    if not ours.startswith("d"):
        return theirs in {"loss": ("l", "cost", "error", "j"), "y": ("out", "output")}.get(ours, ())
    variable = ours[1:]
    return any(
        theirs in (f"d{s}", f"grad{s}", f"{s}grad", f"g{s}", f"dl{s}", f"dld{s}", f"d{s}s", f"delta{s}")
        for s in SYNONYMS.get(variable, (variable,))
    ) or (ours == "dy" and theirs in ("dout", "dx", "dz", "grad", "gradient", "delta", "dpred"))


def _by_name(names: tuple[str, ...], function: Function) -> list[int] | None:
    """The place of each of our results among the learner's, if the names say it."""
    places: list[int] = []
    for ours in function.results:
        fitting = [i for i, theirs in enumerate(names) if _is_called(theirs, ours)]
        exact = [i for i in fitting if names[i].lower().replace("_", "") == ours.lower()]
        if len(exact or fitting) != 1:
            return None
        places += exact or fitting
    return places if len(set(places)) == len(places) else None


def in_our_order(
    function: Function, outcomes: list[Outcome], right: list[dict[str, Any] | None]
) -> tuple[list[dict[str, Any] | None], str]:
    """The results of each case by our names, and a sentence if the learner's order is another."""
    answered = next((outcome for outcome in outcomes if not outcome.error), None)
    if answered is None:
        return [None] * len(outcomes), ""
    count = len(answered.results)
    plain = list(range(min(len(function.results), count)))
    order = _by_name(answered.names, function) if len(answered.names) == count else None
    if order is None and len(function.results) > 1 and count >= 2:
        order = _by_value(function, outcomes, right, count, plain)
    order = plain if order is None else order
    places = list(zip(function.results, order, strict=False))
    given = [None if o.error else {n: o.results[k] for n, k in places if k < len(o.results)} for o in outcomes]
    said = ", ".join(function.results[order.index(k)] for k in sorted(order))
    return given, "" if order == sorted(order) else f"it returns {said}, in this order"


def _by_value(
    function: Function, outcomes: list[Outcome], right: list[dict[str, Any] | None], count: int, plain: list[int]
) -> list[int] | None:
    """Another order, in which every result is right, or two more of them than in ours; None if there is none."""

    def fits(name: str, k: int) -> bool:
        some = False
        for outcome, expected in zip(outcomes, right, strict=True):
            if outcome.error or expected is None:
                continue
            if k >= len(outcome.results) or outcome.results[k] is None:
                return False
            found = fitted(outcome.results[k], expected[name])
            if not same(found, expected[name], tolerance(found, *outcome.results)):
                return False
            some = True
        return some

    in_place = sum(fits(name, k) for name, k in zip(function.results, plain, strict=False))
    places = [next((k for k in range(count) if fits(name, k)), None) for name in function.results]
    known = [k for k in places if k is not None]
    if len(known) < in_place + 2 or len(set(known)) < len(known):
        return None
    rest = [k for k in range(count) if k not in known]
    if sum(k is None for k in places) > len(rest):
        return None
    return [k if k is not None else rest.pop(0) for k in places]
