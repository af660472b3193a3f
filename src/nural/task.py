"""What a network's outputs stand for: classes, labels that do not exclude each other, or values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

Kind = Literal["multiclass", "binary", "multilabel", "regression"]
KINDS = ("multiclass", "binary", "multilabel", "regression")
Label = str | int | float | bool
#: Above this probability the answer is yes, unless the task says otherwise.
THRESHOLD = 0.5
#: Each entry of an array of strings has room for the longest; beyond this size of the array, names are objects.
MOST_CHARACTERS = 10_000_000


@dataclass(frozen=True)
class Task:
    """The task of a network, kept as ``model.task``, in the model's file and in exports.

    Whether the outputs are logits, log-probabilities or probabilities follows from the last layer, not from the task.

    Attributes:
        kind: "multiclass", one of C classes from C outputs; "binary", one of two from one output; "multilabel", yes or
            no for each output; "regression", the outputs themselves.
        classes: The names in the order of the outputs (for "binary", the class of small outputs comes first); for
            "multilabel", the names of the columns. None for 0, 1, 2, … and for regression.
        thresholds: For "binary" and "multilabel": the probability above which the answer is yes, one per output. None
            for 0.5.

    Raises:
        ValueError: the kind is none of these, names repeat, there are not two names for "binary", or names or
            thresholds are given for a kind that has none.
    """

    kind: Kind
    classes: tuple[Label, ...] | None = None
    thresholds: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a task is one of {', '.join(KINDS)}; found {self.kind!r}")
        for field in ("classes", "thresholds"):  # convert NumPy's numbers and arrays to Python's
            given = getattr(self, field)
            if given is not None:
                object.__setattr__(self, field, tuple(v.item() if isinstance(v, np.generic) else v for v in given))
        if self.classes is not None:
            self._require_names(self.classes)
        if self.thresholds is not None:
            self._require_thresholds(self.thresholds)

    def _require_names(self, classes: tuple[Any, ...]) -> None:
        if self.kind == "regression":
            raise ValueError(f"a regression has values, no classes; found the classes {classes}")
        if wrong := [name for name in classes if not isinstance(name, str | int | float)]:
            raise ValueError(f"a class is named by a string, a number or a truth value; found {wrong[0]!r}")
        if len(set(classes)) < len(classes):
            raise ValueError(f"each class needs a name of its own; found {classes}")
        if self.kind == "binary" and len(classes) != 2:
            raise ValueError(f"a binary task has two classes; found {classes}")

    def _require_thresholds(self, thresholds: tuple[Any, ...]) -> None:
        if self.kind not in ("binary", "multilabel"):
            raise ValueError(f"only binary and multilabel tasks have thresholds; found {thresholds} for {self.kind}")
        if self.kind == "binary" and len(thresholds) != 1:
            raise ValueError(f"a binary task has one threshold; found {thresholds}")
        if not all(isinstance(value, int | float) and 0 <= value <= 1 for value in thresholds):
            raise ValueError(f"a threshold is a probability from 0 to 1; found {thresholds}")

    @property
    def names(self) -> np.ndarray | None:
        """The classes as an array, of their type if they share one; None if they are 0, 1, 2, …."""
        if self.classes is None:
            return None
        alike = len({type(name) for name in self.classes}) == 1
        longest = max((len(name) for name in self.classes if isinstance(name, str)), default=0)
        small = len(self.classes) * longest < MOST_CHARACTERS
        return np.array(self.classes, dtype=None if alike and small else object)

    def as_json(self) -> dict[str, Any]:
        """The fields in a form that JSON can hold."""
        return {"kind": self.kind, "classes": self.classes, "thresholds": self.thresholds}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The task that `as_json` described; KeyError, TypeError or ValueError if it described none."""
        return cls(content["kind"], content["classes"], content["thresholds"])


def class_places(t: Any, classes: Sequence[Any] | None) -> np.ndarray:
    """For targets that name classes their places in ``classes``, 0, 1, 2, …, of t's shape; other targets as they are.

    Names are compared by value. Where no class has a number for its name, integers are places already. Rows of
    numbers, one for each class, name none.

    Raises:
        ValueError: a target is none of the classes.
    """
    t = np.asarray(t)
    if classes is None or not _names_classes(t, classes):
        return t
    place_of = {name: place for place, name in enumerate(classes)}
    places = np.empty(t.size, np.int64)
    for i, name in enumerate(t.ravel().tolist()):
        place = place_of.get(name)
        if place is None:
            raise ValueError(f"{name!r} is none of the classes {_listed(classes)}")
        places[i] = place
    return places.reshape(t.shape)


def _names_classes(t: np.ndarray, classes: Sequence[Any]) -> bool:
    """Whether targets are names that must be looked up."""
    if t.dtype.kind not in "biuf":
        return True
    if all(isinstance(name, str) for name in classes):
        return False
    rows = t.ndim > 1 and t.shape[-1] == len(classes)
    return not (rows and (t.dtype.kind == "f" or is_one_hot(t)))


def is_one_hot(t: np.ndarray) -> bool:
    """Whether each row along the last dimension is 1 at one place and 0 elsewhere."""
    return bool(np.all((t == 0) | (t == 1)) and np.all(t.sum(axis=-1) == 1))


def _listed(classes: Sequence[Any], most: int = 10) -> str:
    more = f", … ({len(classes)} in all)" if len(classes) > most else ""
    return ", ".join(map(repr, classes[:most])) + more
