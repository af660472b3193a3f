"""One batch on several replicas of a network, each with a share of the rows, and the sum of their gradients."""

from types import TracebackType
from typing import Self

import numpy as np

from nural.blocks import Block, row_blocks
from nural.layer import Layer
from nural.parallel.workers import Workers

#: No share has fewer rows: batch norm needs two for a variance.
LEAST_SHARE = 2


def shares(n: int, count: int) -> list[slice]:
    """Cut n rows into at most ``count`` contiguous shares, which differ in length by at most one.

    There are fewer shares if they would get less than `LEAST_SHARE` rows, but always one. They depend only on the two
    numbers, so the bits of a training do not depend on which thread was faster.
    """
    count = max(1, min(count, n // LEAST_SHARE))
    return [slice(i * n // count, (i + 1) * n // count) for i in range(count)]


class Replicas:
    """A network in training whose batches are divided over workers, each with a replica; the first has the model.

    The outputs of all rows come back in one array, so the loss, whatever it is, is computed once for the whole batch,
    and its gradient dy holds each row's part. A layer's gradients are sums over rows, so those of a batch are the sums
    of the shares'. The result is that of one worker, up to rounding. Three things need care:

    - Dropout gives each row the mask that it has in the whole batch; see `Layer.share`.
    - Batch norm in training uses the mean and variance of its own share, as in PyTorch's `DataParallel`. Its running
      statistics become the mean of the replicas', weighted by their rows.
    - After a step, the generators of all layers are where one worker would leave them.

    As a context manager it leaves the model to those who give it whole batches.

    Attributes:
        undivided: Whether the model takes whole batches itself for now. With batch norm, batches are divided
            nevertheless.

    Args:
        model: Its ``grads``, ``state`` and generators are those of the training.
        workers: Divide the work.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, sections 2.3 and 3.
    """

    def __init__(self, model: Layer, workers: Workers) -> None:
        self.model, self.workers = model, workers
        self.undivided = False
        self.replicas = [model, *(model.replica() for _ in range(workers.count - 1))]
        self._grads = [replica.grads for replica in self.replicas]
        self._states = [replica.state for replica in self.replicas]
        self._generators = [list(replica.generators().values()) for replica in self.replicas]
        self._cut: tuple[int, int, int, int] | None = None
        self._shares: list[slice] = []
        self._sums: list[Block] = []

    def forward(self, x: np.ndarray, before: int = 0, after: int = 0) -> np.ndarray:
        """The model's outputs for ``x`` in training. They live until the next call.

        Args:
            x: Rows of a batch, ``(N, …)``.
            before: How many rows of the batch come before them, those of other processes.
            after: How many come after.
        """
        self._divide(len(x), before, after)
        if len(self._shares) == 1:
            return self.model.forward(x, train=True)
        for state, generators in zip(self._states[1:], self._generators[1:], strict=True):
            for name, value in self.model.state.items():
                state[name][...] = value
            for generator, original in zip(generators, self._generators[0], strict=True):
                generator.bit_generator.state = original.bit_generator.state
        parts = self.workers.each(lambda i: self.replicas[i].forward(x[self._shares[i]], train=True), len(self._shares))
        self._average_states(len(x))
        y = self.model.buffer("outputs of all shares", (len(x), *parts[0].shape[1:]), parts[0].dtype)
        for share, part in zip(self._shares, parts, strict=True):
            y[share] = part
        return y

    def backward(self, dy: np.ndarray) -> None:
        """Fill the model's ``grads`` from ``dy`` = ∂L/∂y of the last ``forward``'s rows."""
        if len(self._shares) == 1:
            self.model.backward(dy, need_dx=False)
            return
        ready, self.model.gradients_ready = self.model.gradients_ready, None  # so far they are those of its share only
        try:
            self.workers.each(
                lambda i: self.replicas[i].backward(dy[self._shares[i]], need_dx=False), len(self._shares)
            )
        finally:
            self.model.gradients_ready = ready
        self.workers.divide(_add_up, self._sums)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.model.take_share(0, 0)

    def _divide(self, n: int, before: int, after: int) -> None:
        """Cut a batch of n rows, and tell the replicas, unless it is cut as the last batch was."""
        count = 1 if self.undivided and not self.model.state else self.workers.count
        if self._cut == (n, before, after, count):
            return
        self._cut = n, before, after, count
        self._shares = shares(n, count)
        for replica, share in zip(self.replicas, self._shares, strict=False):
            replica.take_share(before + share.start, n - share.stop + after)
        grads = self._grads[: len(self._shares)]
        self._sums = [block for name in self.model.grads for block in row_blocks(*(each[name] for each in grads))]

    def _average_states(self, n: int) -> None:
        """Make the model's state the mean over the shares, weighted by their rows; equal values stay as they are."""
        rows = [share.stop - share.start for share in self._shares]
        for name, mean in self.model.state.items():
            first = mean.copy()
            for state, count in zip(self._states[1:], rows[1:], strict=False):
                mean += (state[name] - first) * (count / n)


def _add_up(block: Block) -> None:
    """Add the replicas' gradients to the model's, in their order."""
    total, *others = block
    for other in others:
        total += other
