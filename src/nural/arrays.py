"""Arrays by name, whose items are filled in place and never replaced."""

from collections.abc import Mapping
from typing import Any

import numpy as np


class Arrays(dict[str, np.ndarray]):
    """Arrays by name. Setting an item fills the existing array, so everyone who holds that sees the new values."""

    def __setitem__(self, name: str, value: Any) -> None:
        array = self[name]
        if value is array:  # as `params[name] -= step` does
            return
        if np.shape(value) != array.shape:
            raise ValueError(f"{name} has shape {array.shape}; cannot fill it with shape {np.shape(value)}")
        array[...] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def dotted(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The items of all groups, under ``group.name``."""
    return {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}


def joined(place: str, name: str) -> str:
    """The dotted name of ``name`` in ``place``; the place of the network itself is the empty string."""
    return f"{place}.{name}" if place else name
