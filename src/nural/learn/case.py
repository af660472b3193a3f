"""What a function is tried on: arguments that are drawn, small, and seeded."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """The arguments of one call.

    Attributes:
        args: As the function takes them, in order; settings at the end that have their default are left out.
        sizes: What the sizes are called, for sentences: ``{"N": 3, "M": 2}``.
        label: What is special about it: "one sample", "ties", ….
        group: Of functions that may be written for one kind of argument alone, the kind, such as "one-hot" or "labels".
        special: It is there for one mistake alone, such as ties; what is wrong elsewhere is told before that.
        optional: What goes wrong here is said, and is no mistake: not everybody takes a kernel of two sizes.
        may_refuse: A function that says that it does not take this, with ``raise`` or ``assert``, is not judged by it.
        accepts: ``(results) -> bool``, where more than one answer is right.
        means: The mistake that an answer shows which is wrong here alone.
    """

    args: tuple[Any, ...]
    sizes: dict[str, int] = field(default_factory=dict)
    label: str = ""
    group: str = ""
    special: bool = False
    optional: bool = False
    may_refuse: bool = False
    accepts: Callable[[dict[str, Any]], bool] | None = None
    means: str = ""

    @property
    def size(self) -> tuple[bool, bool, int]:
        """What makes one case easier to look at than another: nothing special, whole numbers, few numbers."""
        arrays = [arg for arg in self.args if isinstance(arg, np.ndarray)]
        whole = all(np.array_equal(array, np.rint(array)) for array in arrays)
        return bool(self.label in OF_MEMORY), not whole, sum(array.size for array in arrays)


#: Labels of cases that are the others again, in another memory.
OF_MEMORY = "float32", "not contiguous"


class Draw:
    """Where the numbers of the cases come from: the same ones for the same name, each time."""

    def __init__(self, name: str) -> None:
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))

    def whole(self, *shape: int) -> np.ndarray:
        """Small whole numbers, none of them 0, as floats."""
        return self.rng.integers(1, 6, shape) * self.rng.choice([-1.0, 1.0, 1.0], shape)

    def normal(self, *shape: int) -> np.ndarray:
        """Numbers of a normal distribution."""
        return self.rng.standard_normal(shape)

    def apart(self, *shape: int) -> np.ndarray:
        """Whole numbers, no two of them equal."""
        size = int(np.prod(shape))
        return (self.rng.permutation(size) - size // 3).astype(np.float64).reshape(shape)

    def numbers(self, turn: int, *shape: int) -> np.ndarray:
        """Whole numbers in the first turns, where a case is to be looked at, and any in the others."""
        return self.whole(*shape) if turn < 2 else self.normal(*shape)


def in_other_memory(cases: list[Case]) -> Iterator[Case]:
    """The cases, then the largest of them as float32 and with its numbers elsewhere in memory."""
    yield from cases
    ordinary = [case for case in cases if not (case.special or case.optional)]
    for group in sorted({case.group for case in ordinary}):
        largest = max((case for case in ordinary if case.group == group), key=lambda case: case.size)
        yield replace(largest, args=tuple(_float32(arg) for arg in largest.args), label="float32")
        yield replace(largest, args=tuple(_elsewhere(arg) for arg in largest.args), label="not contiguous")


def _float32(arg: Any) -> Any:
    return arg.astype(np.float32) if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" else arg


def _elsewhere(arg: Any) -> Any:
    """The same numbers, every second one of an array that is larger."""
    if not isinstance(arg, np.ndarray) or arg.ndim == 0:
        return arg
    larger = np.zeros((*arg.shape[:-1], 2 * arg.shape[-1]), arg.dtype)
    larger[..., ::2] = arg
    return larger[..., ::2]
