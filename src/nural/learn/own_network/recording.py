"""Which of the learner's functions are called, with what, and what they return: where a wrong array comes from."""

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nural.learn.function import REFERENCE

LAYERS = "layers"


@dataclass(frozen=True)
class Called:
    """One call of a function of `layers.py`.

    Attributes:
        function: Its name.
        arguments: By the names that the reference has for them.
        results: What it returned, one after another; nothing if it raised an exception.
    """

    function: str
    arguments: dict[str, Any]
    results: tuple[Any, ...]


def record(network: ModuleType) -> list[Called]:
    """Have each call of a function of `layers.py` put into the list that is returned, whichever way it is imported."""
    calls: list[Called] = []
    imported = [
        module for module in vars(network).values() if isinstance(module, ModuleType) and module.__name__ == LAYERS
    ]
    for module in (network, *imported):
        for name, f in list(vars(module).items()):
            if inspect.isfunction(f) and f.__name__ in REFERENCE and f.__module__ == LAYERS:
                setattr(module, name, _recorded(inspect.unwrap(f), calls))
    return calls


def _recorded(f: Callable[..., Any], calls: list[Called]) -> Callable[..., Any]:
    @functools.wraps(f)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        results: tuple[Any, ...] = ()
        try:
            returned = f(*args, **kwargs)
            results = tuple(returned) if isinstance(returned, tuple | list) else (returned,)
        finally:
            with suppress(TypeError):  # arguments that the function does not have
                calls.append(Called(f.__name__, _named(f, args, kwargs), results))
        return returned

    return recorded


def _named(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the reference's names: those that the learner has too, and the others by their places."""
    given = inspect.signature(f).bind(*args, **kwargs)
    given.apply_defaults()
    ours = list(inspect.signature(REFERENCE[f.__name__]).parameters)
    found = {}
    for place, (name, value) in enumerate(given.arguments.items()):
        found[name if name in ours or place >= len(ours) else ours[place]] = value
    return found


def origins(calls: list[Called], value: Any) -> list[Called]:
    """The calls that returned this very array, the last one first."""
    return [call for call in reversed(calls) if any(result is value for result in call.results)]
