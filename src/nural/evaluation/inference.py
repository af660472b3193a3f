"""What a trained network is for: its outputs, labels and probabilities, and how good they are."""

from collections import deque
from threading import Lock
from typing import Any

import numpy as np

from nural.activations import softmax_forward
from nural.data.batches import by_position, numbers, rows
from nural.evaluation.metrics import accuracy, class_labels
from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss
from nural.parallel.threads import BlasThreads, Threads, buffered, cores
from nural.parallel.workers import Workers

#: About the bytes of the layers' arrays for the samples that are computed at once: what the caches hold.
PIECE_BYTES = 2 << 20
#: So many samples at least: with fewer, weights are read more often than they are used.
LEAST_SAMPLES = 64
ONE = Threads()


def evaluate(
    model: Layer,
    x: Any,
    y: Any,
    *,
    loss: Loss = cross_entropy_loss,
    batch_size: int | None = None,
    threads: int | str | Threads | Workers = "auto",
) -> dict[str, float]:
    """Mean loss over ``(x, y)``, and the accuracy where the targets name classes (integers or one-hot rows).

    The arguments are those of `outputs`, and these.

    Args:
        y: Targets, as ``loss`` takes them.
        loss: ``(y, t) -> (loss, dy)``.

    Raises:
        ValueError: the data are empty or do not fit the network or the loss.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows gives no finite loss
        return scores(outputs(model, x, batch_size, threads), y, loss)


def scores(predicted: np.ndarray, y: Any, loss: Loss = cross_entropy_loss) -> dict[str, float]:
    """What `evaluate` says of outputs ``predicted`` for targets ``y``."""
    t = rows(y, 0, len(y))
    result = {"loss": loss(predicted, t)[0]}
    if class_labels(t) is not None:
        result["accuracy"] = accuracy(predicted, t)
    return result


def predict(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The most probable class of each sample, ``(N,)`` integers. The arguments are those of `outputs`."""
    return outputs(model, x, batch_size, threads).argmax(axis=1)


def predict_proba(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The probability of each class, ``(N, C)``: softmax of the outputs, which are logits; arguments: see `outputs`."""
    return softmax_forward(outputs(model, x, batch_size, threads))


def outputs(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The network's outputs for all of ``x``, in an array of their own.

    They are computed in pieces, which do not depend on the threads that share them: neither do the results.

    Args:
        model: The network, which is not changed.
        x: Inputs ``(N, …)``: an array, a list, a table of pandas or polars, whose rows are taken by their position, or
            anything else with a length that an integer array can index.
        batch_size: Samples in a piece; by default as many as fit into the processor's caches.
        threads: How many share the pieces, `Threads`, or "auto": all `cores` where there is enough to do. A training
            gives its `Workers`.

    Raises:
        ValueError: x is empty, holds text or does not fit the network, or there are less than one thread or sample in a
            piece.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if len(x) == 0:
        raise ValueError("there are no samples to predict")
    x = by_position(x)
    few = len(x) <= (batch_size or LEAST_SAMPLES)
    if isinstance(threads, Workers):
        return _in_one_piece(model, x) if few else _in_pieces(model, x, batch_size, threads)
    chosen = _chosen(threads, few)
    with BlasThreads(chosen.blas):
        if few:
            return _in_one_piece(model, x)
        with Workers(chosen.workers) as workers:
            return _in_pieces(model, x, batch_size, workers)


def _in_one_piece(model: Layer, x: Any) -> np.ndarray:
    return model.forward(_floats(model, rows(x, 0, len(x)))).copy()


def _in_pieces(model: Layer, x: Any, batch_size: int | None, workers: Workers) -> np.ndarray:
    """`outputs` of more samples than one piece has."""
    n = len(x)
    replica = model.replica()
    first = replica.forward(_floats(model, rows(x, 0, 1)))
    result = np.empty((n, *first.shape[1:]), first.dtype)
    if batch_size is None:
        batch_size = max(LEAST_SAMPLES, PIECE_BYTES // (buffered(replica) * model.dtype.itemsize + 1))
    pieces = deque(slice(begin, min(begin + batch_size, n)) for begin in range(0, n, batch_size))
    reading = Lock()  # for samples that can be indexed, but not by two threads at once

    def work(i: int) -> None:
        """Take pieces until there are none: a worker that a neighbour slows down takes fewer."""
        own = replica if i == 0 else model.replica()
        while True:
            try:
                piece = pieces.popleft()
            except IndexError:
                return
            with reading:
                batch = rows(x, piece.start, piece.stop)
            result[piece] = own.forward(_floats(model, batch))

    workers.each(work, min(workers.count, len(pieces)))
    return result


def _floats(model: Layer, samples: np.ndarray) -> np.ndarray:
    return np.asarray(numbers(samples), model.dtype)


def _chosen(threads: int | str | Threads, few: bool) -> Threads:
    """What ``threads`` means for a few samples, which are one piece, or for many."""
    if isinstance(threads, Threads):
        return threads
    if threads == "auto":
        return ONE if few else Threads(cores())
    if isinstance(threads, int):
        return Threads(threads)
    raise ValueError(f'threads must be "auto", at least 1, or Threads(workers, blas), got {threads!r}')
