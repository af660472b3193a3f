"""Arrays by name, whose items are filled and never exchanged."""

from collections.abc import Mapping
from typing import Any

import numpy as np


class Arrays(dict[str, np.ndarray]):
    """Arrays by name. Setting an item fills the array that is there, so everyone who holds it sees the new values."""

    def __setitem__(self, name: str, value: Any) -> None:
        array = self[name]
        if value is array:  # what `params[name] -= step` does
            return
        if np.shape(value) != array.shape:
            raise ValueError(f"{name} has shape {array.shape}; cannot fill it with shape {np.shape(value)}")
        array[...] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def dotted(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the groups hold, under ``group.name``."""
    return {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}


def joined(place: str, name: str) -> str:
    """The dotted name of what is called ``name`` in ``place``; the network itself has none."""
    return f"{place}.{name}" if place else name
