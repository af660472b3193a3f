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


def _by_name(names: tuple[str, ...], function: Function) -> dict[str, int] | None:
    """The place of each of our results among the learner's, if the names say it."""
    places = {}
    for ours in function.results:
        fitting = [k for k, theirs in enumerate(names) if _is_called(theirs, ours)]
        exact = [k for k in fitting if names[k].lower().replace("_", "") == ours.lower()]
        if len(exact or fitting) == 1:
            places[ours] = (exact or fitting)[0]
        elif ours not in function.extras:
            return None
    return places if len(set(places.values())) == len(places) else None


def in_our_order(
    function: Function, outcomes: list[Outcome], right: list[dict[str, Any] | None]
) -> tuple[list[dict[str, Any] | None], str]:
    """The results of each case by our names, and a sentence if the learner's order is another."""
    answered = next((outcome for outcome in outcomes if not outcome.error), None)
    if answered is None:
        return [None] * len(outcomes), ""
    count = len(answered.results)
    kept = [name for name in function.results if name not in function.extras]
    plain = dict(zip(kept if count == len(kept) else function.results, range(count), strict=False))
    places = _by_name(answered.names, function) if len(answered.names) == count else None
    if places is None and len(function.results) > 1 and count >= 2:
        places = _by_value(function, outcomes, right, count, plain)
    places = plain if places is None else places
    given = [None if o.error else {n: o.results[k] for n, k in places.items() if k < len(o.results)} for o in outcomes]
    theirs = sorted(places, key=lambda name: places[name])
    return given, "" if theirs == list(places) else f"it returns {', '.join(theirs)}, in this order"


def _by_value(
    function: Function,
    outcomes: list[Outcome],
    right: list[dict[str, Any] | None],
    count: int,
    plain: dict[str, int],
) -> dict[str, int] | None:
    """Another order, in which two more results are right than in ours; None if there is none."""

    def fits(name: str, k: int) -> bool:
        some = False
        for outcome, expected in zip(outcomes, right, strict=True):
            if outcome.error or expected is None:
                continue
            if k >= len(outcome.results) or outcome.results[k] is None:
                return False
            found = fitted(outcome.results[k], expected[name])
            if not same(found, expected[name], max(function.rtol, tolerance(found, *outcome.results))):
                return False
            some = True
        return some

    places: dict[str, int] = {}
    for name in function.results:
        k = next((k for k in range(count) if k not in places.values() and fits(name, k)), None)
        if k is not None:
            places[name] = k
    if len(places) < sum(fits(name, k) for name, k in plain.items()) + 2:
        return None
    rest = [k for k in range(count) if k not in places.values()]
    missing = [name for name in function.results if name not in places]
    missing = [name for name in missing if name not in function.extras or len(rest) >= len(missing)]
    places |= dict(zip(missing, rest, strict=False))
    return {name: places[name] for name in function.results if name in places}
