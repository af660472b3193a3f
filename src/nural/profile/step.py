"""Where the time of a training step goes: the seconds, operations and bytes of each layer's calls."""

import time
import tracemalloc
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from nural.containers import Sequential
from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss
from nural.optimizers import Optimizer
from nural.parallel.threads import BlasThreads, Threads
from nural.profile.calls import Bytes, Calls, Clock
from nural.training.loop import train

#: Steps before the first measured one: buffers grow, and the processor speeds up.
WARM_UP = 5
#: The median is taken over steps during this many seconds, but over at least and at most so many steps.
SECONDS, FEWEST, MOST = 2.0, 10, 2000
#: Steps whose bytes are counted; all are alike.
STEPS_OF_BYTES = 3
#: Rows and columns of the matrices whose product shows the machine's speed, and how often it is tried; the best counts.
PRODUCT, TIMES = 1024, 24


@dataclass(frozen=True)
class Row:
    """One part of a training step: a layer's call, the loss or the update.

    Attributes:
        part: "forward", "loss", "backward" or "update".
        name: The layer's dotted name; empty for loss and update.
        layer: The name of the layer's class; empty for loss and update.
        depth: How many of the other rows contain this one.
        seconds: Median over the steps; like operations and bytes, it includes the layers inside.
        operations: Floating-point operations, see `Layer.operations`; None for loss and update, which are not counted.
        allocated: The most bytes that the call had allocated at any time, beyond those before it. An array counts
            even if the call frees it; so do Python's own objects, some hundred bytes.
        buffers: Bytes of the arrays that the layer keeps between calls; None except in its "forward" row.
    """

    part: str
    name: str
    layer: str
    depth: int
    seconds: float
    operations: int | None
    allocated: int
    buffers: int | None


@dataclass(frozen=True)
class Profile:
    """A training step in its parts.

    Attributes:
        rows: In the order in which a step begins them: a container's row comes before those of the layers inside.
        steps: Over how many steps the medians are taken.
        product_rate: Operations per second of one large matrix product of the model's type, with the same threads.
    """

    rows: list[Row]
    steps: int
    product_rate: float

    @property
    def seconds(self) -> float:
        """The parts' times together."""
        return sum(row.seconds for row in self.rows if row.depth == 0)

    @property
    def operations(self) -> int:
        """The parts' operations together, where they are counted."""
        return sum(row.operations or 0 for row in self.rows if row.depth == 0)


def profile(
    model: Layer,
    x: np.ndarray,
    y: np.ndarray,
    *,
    optimizer: Optimizer,
    loss: Loss = cross_entropy_loss,
    threads: int = 1,
    seconds: float = SECONDS,
) -> Profile:
    """Let `train` take steps with one batch, and measure each part of a step.

    The learning rate is 0, so weights stay as they are; running statistics and generators move on. Most steps are taken
    with a clock, the last ones while `tracemalloc`, to which NumPy reports its arrays, counts bytes. Work between the
    parts, such as gathering the batch, is not included.

    Args:
        model: The network.
        x: One batch of inputs, ``(N, …)``.
        y: Its targets, as ``loss`` takes them.
        optimizer: Keeps its running arrays afterwards, as in any training.
        loss: ``(y, t, out=None) -> (loss, dy)``.
        threads: How many threads a matrix product has. The batch is not divided over workers.
        seconds: About how long to go on with the clock.

    Raises:
        ValueError: the data do not fit the network or the loss, or there are no threads.
    """
    chosen = Threads(blas=threads)
    model.draw()
    with BlasThreads(chosen.blas):
        product_rate = _product_rate(model.dtype)
    calls = Calls(Clock())
    steps: Any = train(
        model,
        x,
        y,
        epochs=WARM_UP + MOST + STEPS_OF_BYTES,
        batch_size=len(x),
        optimizer=optimizer,
        loss=calls.watched("loss", "", loss),
        schedule=lambda step: 0.0,
        threads=chosen,
    )
    layers = dict(model.named_layers("" if isinstance(model, Sequential) else "model"))
    layers.pop("", None)
    with calls.watching(layers, optimizer):
        try:
            for _ in range(WARM_UP):
                next(steps)
            calls.taken.clear()
            count, end = 0, time.perf_counter() + seconds
            while count < FEWEST or (count < MOST and time.perf_counter() < end):
                next(steps)
                count += 1
            times = {key: median(values) for key, values in calls.taken.items()}
            calls.taken.clear()
            calls.meter = Bytes()
            tracemalloc.start()
            for _ in range(STEPS_OF_BYTES):
                next(steps)
        finally:
            tracemalloc.stop()
            steps.close()
    rows = [
        Row(
            part,
            name,
            type(layers[name]).__name__ if name else "",
            calls.depths[part, name],
            times[part, name],
            _operations_within(part, name, calls.operations) if name else None,
            int(median(calls.taken[part, name])),
            sum(b.nbytes for b in layers[name].all_buffers()) if part == "forward" else None,
        )
        for part, name in times
    ]
    return Profile(rows, count, product_rate)


def _operations_within(part: str, name: str, operations: dict[tuple[str, str], int]) -> int:
    """The operations of a layer and of the layers inside."""
    inside = [count for (p, n), count in operations.items() if p == part and (n == name or n.startswith(f"{name}."))]
    return sum(inside)


def _product_rate(dtype: Any) -> float:
    """Operations per second of one large matrix product."""
    a, b = np.random.default_rng(0).random((2, PRODUCT, PRODUCT)).astype(dtype)
    out = np.empty_like(a)
    shortest = float("inf")
    for _ in range(TIMES):
        begun = time.perf_counter()
        np.matmul(a, b, out=out)
        shortest = min(shortest, time.perf_counter() - begun)
    return 2 * PRODUCT**3 / shortest
