"""One of the learner's functions is run: what it returned, or why it did not."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.learn.calling import sentence_of

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """What came of a call of one of the learner's functions.

    Attributes:
        returned: What it returned.
        error: The exception in one sentence, with the learner's line.
        unwritten: The function that is not yet written, if that was it.
    """

    returned: Any = None
    error: str = ""
    unwritten: str = ""


def run(f: Callable[..., Any], *args: Any) -> Run:
    """Call it, and keep what comes of it."""
    try:
        with np.errstate(all="ignore"):
            return Run(f(*args))
    except NotImplementedError as error:
        return Run(unwritten=traceback.extract_tb(error.__traceback__)[-1].name)
    except Exception as error:
        return Run(error=sentence_of(error))


def copied(arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Copies, for the learner to change."""
    return {name: array.copy() for name, array in arrays.items()}


def numbers(value: Any) -> np.ndarray | None:
    """A result as an array of numbers, or None if it is none."""
    if value is None:
        return None
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return None
