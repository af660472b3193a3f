"""What a network's outputs stand for: classes, labels that do not exclude each other, or values."""

from dataclasses import dataclass
from typing import Any, Literal, Self

Kind = Literal["multiclass", "binary", "multilabel", "regression"]
Label = str | int | float | bool


@dataclass(frozen=True)
class Task:
    """What a network answers; kept as ``model.task``, it travels in the model's file and into exports.

    Whether the outputs are logits, log-probabilities or probabilities is not said here: the last layer says it.

    Attributes:
        kind: "multiclass", one of C classes from C outputs; "binary", one of two from one output; "multilabel", yes or
            no for each output; "regression", the outputs themselves.
        classes: The names in the order of the outputs (of "binary": the class of small outputs first); of "multilabel"
            those of the columns. None for 0, 1, 2, … and for regression.
        thresholds: Of "binary" and "multilabel": the probability from which the answer is yes, one for each output.
            None for 0.5.
    """

    kind: Kind
    classes: tuple[Label, ...] | None = None
    thresholds: tuple[float, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return {"kind": self.kind, "classes": self.classes, "thresholds": self.thresholds}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The task that `as_json` described."""
        classes, thresholds = content["classes"], content["thresholds"]
        return cls(
            content["kind"],
            None if classes is None else tuple(classes),
            None if thresholds is None else tuple(thresholds),
        )
