"""The arrays for the values between the steps of a network: as few static arrays as possible."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

INPUT = "x"


@dataclass
class Buffers:
    """Static arrays by name, ``a``, ``b``, …, with the size to which each must grow; usually two of them alternate.

    A value that a `Residual` keeps stays in its array until it is added, so that nothing is copied.

    Attributes:
        sizes: The number of floats of each array.
        value: The name of the array that holds the current value, at first the input, which is only read.
        kept: The names of the arrays that hold kept values.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    value: str = INPUT
    kept: list[str] = field(default_factory=list)

    def writable(self) -> bool:
        """Whether the current value may be overwritten."""
        return self.value != INPUT and self.value not in self.kept

    def place_for(self, shape: Sequence[int], *, in_place: bool) -> str:
        """The array for the next value, which becomes the current one: the same array if ``in_place`` and possible."""
        if not (in_place and self.writable()):
            names = (chr(ord("a") + i) for i in range(26))
            self.value = next(name for name in names if name not in {self.value, *self.kept})
        self.sizes[self.value] = max(self.sizes.get(self.value, 0), prod(shape))
        return self.value

    def keep(self) -> None:
        """Keep the current value."""
        self.kept.append(self.value)

    def exchange(self) -> None:
        """Exchange the current value with the one that was kept last."""
        self.value, self.kept[-1] = self.kept[-1], self.value
