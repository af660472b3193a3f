"""The ways from a cell of a trace to the cells below and above it, skipping layers that only reshape."""

from collections.abc import Iterator

import numpy as np

from nural.data.digits import SIDE
from nural.web.connections import SAME, Connection, connection
from nural.web.trace import INK, Trace, TraceStep

#: Connections that compute each cell from one other, so that a cell can pass several of them in a row.
CELL_BY_CELL = ("function", "scale")


class Paths:
    """The connections of a trace's layers.

    Args:
        trace: The trace.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._connections: dict[tuple[str, str], Connection | None] = {}

    def connection(self, step: TraceStep, below: str) -> Connection | None:
        """The connection of a step with one of its inputs; None if each cell depends on all of the input."""
        key = step.name, below
        if key not in self._connections:
            found = None
            if step.layer is not None:
                found = connection(step.layer, self.trace.steps[below].output, step.output)
            self._connections[key] = found
        return self._connections[key]

    def kind(self, step: TraceStep) -> str:
        """How the step computes its cells: a `Connection.kind`, "ink", or "whole" if each depends on all input."""
        if step.name == INK:
            return "ink"
        found = self.connection(step, step.inputs[0])
        return "whole" if found is None else found.kind

    def origin(self, name: str, cell: int) -> tuple[TraceStep, int]:
        """The cell of which this one is a copy, if it was reshaped; otherwise itself."""
        step = self.trace.steps[name]
        while isinstance(step.layer, SAME):
            found = self.connection(step, step.inputs[0])
            assert found is not None
            cell = int(found.sources(cell).cells[0])
            step = self.trace.steps[step.inputs[0]]
        return step, cell

    def uses(self, name: str, cell: int) -> Iterator[tuple[TraceStep, str, int]]:
        """The steps that use a cell, each with the name of its input and the cell's index there."""
        for step in self.trace.consumers(name):
            for below in (below for below in step.inputs if below == name):
                if isinstance(step.layer, SAME):
                    found = self.connection(step, below)
                    assert found is not None
                    yield from self.uses(step.name, int(found.targets(cell).cells[0]))
                else:
                    yield step, below, cell

    def chain(self, step: TraceStep, cell: int) -> list[tuple[TraceStep, int]]:
        """From the sum that a cell comes from, through scales and functions, to the number that the next sum takes.

        The cell itself is one of them: z, a = f(z), or the output of batch norm in between.
        """
        found = [(step, cell)]
        while self.kind(found[0][0]) in CELL_BY_CELL:
            first, at = found[0]
            found.insert(0, self.origin(first.inputs[0], at))
        while True:
            last, at = found[-1]
            users = list(self.uses(last.name, at))
            if len(users) != 1 or self.kind(users[0][0]) not in CELL_BY_CELL:
                return found
            found.append((users[0][0], users[0][2]))


def shown_shape(step: TraceStep) -> tuple[int, ...]:
    """The shape in which the page shows a step's cells: the ink is always an image, even if the network takes a row."""
    return (SIDE, SIDE, 1) if step.name == INK else step.output.shape


def index_of(step: TraceStep, cell: int) -> list[int]:
    """A flat index as an index into `shown_shape`."""
    return [int(i) for i in np.unravel_index(cell, shown_shape(step))]
