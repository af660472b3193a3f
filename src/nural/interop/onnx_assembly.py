"""From steps to one model: a Sequential with Residuals if they form a chain, else a Graph."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nural.containers import Residual, Sequential
from nural.graph import Graph, Sum
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, GlobalAvgPool2d
from nural.layers.linear import Flatten


@dataclass(frozen=True)
class GraphStep:
    """A layer, and the numbers of the steps whose output it reads; 0 is the input.

    Attributes:
        layer: The layer.
        reads: One number, or several for a layer that joins values.
        reshaped_from: For a layer that only reshapes samples, their shape before.
    """

    layer: Layer
    reads: tuple[int, ...]
    reshaped_from: tuple[int, ...] | None = None


class Unfinished(Layer):
    """A placeholder for a node that nural has only as a part of a larger pattern, until that is found.

    Attributes:
        operator: The node's operator.
        error: The error to raise if the pattern is not found.
        threshold: The number that a comparison compares with.
    """

    def __init__(self, operator: str, error: Exception) -> None:
        self.operator, self.error, self.threshold = operator, error, 0.0
        super().__init__()


def assembled(steps: Sequence[GraphStep], end: int, twins: Sequence[tuple[int, int, Exception]] = ()) -> Layer:
    """The model whose output is that of step ``end``; if it needs both of two ``twins``, their error is raised."""
    needed = _needed(steps, end)
    for one, other, error in twins:
        if one in needed and other in needed:
            raise error
    for layer in (steps[number - 1].layer for number in needed):
        if isinstance(layer, Unfinished):
            raise layer.error
    placed: list[int] = []
    layers = _chain(steps, end, 0, placed)
    if layers is not None and sorted(placed) == needed:
        return layers[0] if len(layers) == 1 and isinstance(layers[0], Residual) else Sequential(*layers)
    number = {0: 0, **{old: new for new, old in enumerate(needed, start=1)}}
    reads = [[number[i] for i in steps[old - 1].reads] for old in needed]
    return Graph(reads=reads, **{f"layer{number[old]}": steps[old - 1].layer for old in needed})


def _needed(steps: Sequence[GraphStep], end: int) -> list[int]:
    """The steps on which the output depends, in order."""
    wanted = {end}
    for i in range(end, 0, -1):
        if i in wanted:
            wanted.update(steps[i - 1].reads)
    return sorted(wanted - {0})


def _chain(steps: Sequence[GraphStep], end: int, start: int, placed: list[int]) -> list[Layer] | None:
    """The layers after step ``start`` up to step ``end``; None if they are no chain."""
    layers: list[Layer] = []
    while end != start:
        if end < start:
            return None
        step = steps[end - 1]
        placed.append(end)
        if isinstance(step.layer, Sum) and len(step.reads) == 2:
            found = _residual(steps, step.reads, placed)
            if found is None:
                return None
            layer, end = found
            layers.append(layer)
        elif len(step.reads) == 1:
            layers.append(step.layer)
            end = step.reads[0]
        else:
            return None
    return _tidied(layers[::-1])


def _tidied(layers: list[Layer]) -> list[Layer]:
    """The layers, with `GlobalAvgPool2d` for a pooling to one pixel and the Flatten after it."""
    found: list[Layer] = []
    for layer in layers:
        before = found[-1] if found else None
        pooled = isinstance(before, AdaptiveAvgPool2d) and before.output_size == 1
        if pooled and isinstance(layer, Flatten):
            found[-1] = GlobalAvgPool2d()
        else:
            found.append(layer)
    return found


def _residual(steps: Sequence[GraphStep], ways: tuple[int, ...], placed: list[int]) -> tuple[Residual, int] | None:
    """Two ways from one step as a Residual, and the number of that step."""
    both = [_behind(steps, way) for way in ways]
    for fork in sorted(both[0] & both[1], reverse=True):
        trial: list[int] = []
        one, other = (_chain(steps, way, fork, trial) for way in ways)
        if one is None or other is None or not (one or other) or max(Counter(trial).values()) > 1:
            continue
        placed += trial
        branch, shortcut = (one, other) if one and len(one) >= len(other) else (other, one)
        return Residual(Sequential(*branch), Sequential(*shortcut) if shortcut else None), fork
    return None


def _behind(steps: Sequence[GraphStep], end: int) -> set[int]:
    """The step itself and all steps on which it depends."""
    found = {end, 0}
    for i in range(end, 0, -1):
        if i in found:
            found.update(steps[i - 1].reads)
    return found
