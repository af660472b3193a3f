"""Where the values between the steps of a network are kept: in as few static arrays as will do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import prod

INPUT = "x"
LETTERS = "abcdefghijklmnopqrstuvw"


@dataclass
class Buffers:
    """Static arrays by name, ``a``, ``b``, …, with the size to which each must grow; in a chain two of them take turns.

    Attributes:
        sizes: Floats of each array.
    """

    sizes: dict[str, int] = field(default_factory=dict)

    def place_for(self, shape: Sequence[int], needed: Collection[str], at_best: str | None = None) -> str:
        """The array for a value of this shape.

        Args:
            shape: Of the value.
            needed: The arrays whose values are read by this step or a later one.
            at_best: The array that the step may overwrite, if it is one.
        """
        names = (LETTERS[i % len(LETTERS)] + str(i // len(LETTERS) or "") for i in count())
        name = at_best or next(name for name in names if name not in needed)
        self.sizes[name] = max(self.sizes.get(name, 0), prod(shape))
        return name
