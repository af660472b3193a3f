"""Where the values between the steps of a network are kept: in as few static arrays as will do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

INPUT = "x"


@dataclass
class Buffers:
    """Static arrays by name, ``a``, ``b``, …, with the size to which each must grow; two of them take turns.

    A value that a `Residual` keeps stays where it is until it is added, so that nothing is copied.

    Attributes:
        sizes: Floats of each array.
        value: The name of the array that holds the current value, at first the input, which is only read.
        kept: The names of those that hold kept values.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    value: str = INPUT
    kept: list[str] = field(default_factory=list)

    def writable(self) -> bool:
        """Whether the current value may be overwritten in its place."""
        return self.value != INPUT and self.value not in self.kept

    def place_for(self, shape: Sequence[int], *, in_place: bool) -> str:
        """The array for the next value, which becomes the current one: the same if that is asked for and possible."""
        if not (in_place and self.writable()):
            names = (chr(ord("a") + i) for i in range(26))
            self.value = next(name for name in names if name not in {self.value, *self.kept})
        self.sizes[self.value] = max(self.sizes.get(self.value, 0), prod(shape))
        return self.value

    def keep(self) -> None:
        """Keep the current value."""
        self.kept.append(self.value)

    def exchange(self) -> None:
        """Take up the value that was kept last, and keep the current one in its place."""
        self.value, self.kept[-1] = self.kept[-1], self.value
