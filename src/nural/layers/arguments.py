"""What constructors ask of their arguments, so that a wrong one is named where it is given."""

import operator
from typing import Any


def require_int(name: str, what: str, value: Any, least: int = 1) -> int:
    """``value`` as a Python integer.

    Raises:
        TypeError: on behalf of ``name``, it is no whole number.
        ValueError: it is less than ``least``.
    """
    try:
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {what} must be a whole number, got {value!r}") from None
    if found < least:
        raise ValueError(f"{name}: {what} must be at least {least}, got {value!r}")
    return found


def require_only(name: str, what: str, value: Any, only: Any) -> None:
    """Raise ValueError unless ``value``, of an argument that PyTorch has, is the one that nural has."""
    if value != only:
        raise ValueError(f"{name}: nural has only {what}={only!r}, got {value!r}")
