"""The arrays for the values between the steps of a network: as few static arrays as possible."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import prod

INPUT = "x"
LETTERS = "abcdefghijklmnopqrstuvw"


@dataclass
class Buffers:
    """Static arrays by name, ``a``, ``b``, …, with the size to which each must grow; in a chain two of them alternate.

    Attributes:
        sizes: The number of floats of each array.
    """

    sizes: dict[str, int] = field(default_factory=dict)

    def place_for(self, shape: Sequence[int], needed: Collection[str], reused: str | None = None) -> str:
        """The array for a value of this shape.

        Args:
            shape: The value's shape.
            needed: The arrays whose values are read by this step or a later one.
            reused: The array that the step may overwrite, if there is one.
        """
        names = (LETTERS[i % len(LETTERS)] + str(i // len(LETTERS) or "") for i in count())
        name = reused or next(name for name in names if name not in needed)
        self.sizes[name] = max(self.sizes.get(name, 0), prod(shape))
        return name
