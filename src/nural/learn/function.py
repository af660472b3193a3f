"""What the checker knows of a function: what is right, what it returns, and what it is tried on."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from nural import reference
from nural.learn.case import Case, Draw, in_other_memory
from nural.learn.comparing import FLOAT32

#: The functions that a right answer is computed from, by name.
Pieces = Mapping[str, Callable[..., Any]]
REFERENCE: Pieces = MappingProxyType({name: f for name, f in vars(reference).items() if inspect.isfunction(f)})


@dataclass(frozen=True)
class Function:
    """A function that learners write.

    Attributes:
        name: Its name.
        results: The names of what it returns, in order.
        draw: What it is tried on.
        arguments: The names of its arguments, in order.
        pieces: The functions of the reference that its right answer is computed from; itself, mostly.
        right: ``(pieces, *args) -> results``: the right answer, or the wrong one where a piece is wrong.
        torch: What PyTorch calls it.
        call: ``(f, *args) -> results``: how a learner's function is called; plainly, mostly.
        extras: Results that may be left out.
        changes: The arguments that it is there to change.
        rtol: How far right results may be off, relative to the largest number; where that is more than rounding, the
            cases are not tried in other memory.
    """

    name: str
    results: tuple[str, ...]
    draw: Callable[[Draw], Iterable[Case]]
    arguments: tuple[str, ...]
    pieces: tuple[str, ...]
    right: Callable[..., Any]
    torch: str = ""
    call: Callable[..., Any] | None = None
    extras: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    rtol: float = 1e-5

    @cached_property
    def cases(self) -> list[Case]:
        """All cases, the same ones each time."""
        cases = list(self.draw(Draw(self.name)))
        return cases if self.rtol > FLOAT32 else list(in_other_memory(cases))


def known(name: str, results: str, draw: Callable[[Draw], Iterable[Case]], torch: str = "", **more: Any) -> Function:
    """A function of the reference, with its results as one text: ``"dW db dx"``."""
    arguments = tuple(inspect.signature(REFERENCE[name]).parameters)
    shared = "gradients_over_time"  # what the layers of sequences have in common
    pieces = (name, shared) if shared in REFERENCE[name].__code__.co_names else (name,)
    return Function(
        name, tuple(results.split()), draw, arguments, pieces, lambda f, *args: f[name](*args), torch, **more
    )
