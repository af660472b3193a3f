"""What a trained network is for: its outputs, labels and probabilities, and how good they are."""

from collections import deque
from threading import Lock
from typing import Any

import numpy as np

from nural.data.batches import by_position, numbers, rows
from nural.data.finite import require_finite
from nural.evaluation.targets import scores
from nural.layer import Layer
from nural.losses import Loss
from nural.parallel.threads import BlasThreads, Threads, buffered, cores
from nural.parallel.workers import Workers
from nural.predictions import labels, probabilities

#: About the bytes of the layers' arrays for the samples that are computed at once: what the caches hold.
BATCH_BYTES = 2 << 20
#: So many samples at least: with fewer, weights are read more often than they are used.
LEAST_SAMPLES = 64
ONE = Threads()


def evaluate(
    model: Layer,
    x: Any,
    y: Any,
    *,
    loss: Loss | None = None,
    batch_size: int | None = None,
    threads: int | str | Threads | Workers = "auto",
) -> dict[str, float]:
    """Mean loss over ``(x, y)``, and the accuracy where the targets name classes.

    The accuracy is the share of right answers, as `predict` gives them; of a "multilabel" network that of samples all
    whose labels are right. A loss of logits gets the cross-entropy of the network's probabilities, whatever layer it
    ends in. The arguments are those of `outputs`, and these.

    Args:
        y: Targets: classes, by the names of ``model.task`` or as integers, ``(N,)`` or in a column; one-hot rows; 0 or
            1 for each label; or values. Any others as ``loss`` takes them.
        loss: ``(y, t) -> (loss, dy)``; by default cross-entropy, binary cross-entropy or the squared error, by the
            network's task.

    Raises:
        ValueError: the data are empty or do not fit the network, its task or the loss, or a target names no class.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows gives no finite loss
        return scores(model, outputs(model, x, batch_size, threads), y, loss)


def predict(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """What the network answers for each sample, by its task. The arguments are those of `outputs`.

    Returns:
        The most probable class, ``(N,)``, or ``(N, T)`` of sequences: its name where ``model.task`` has names, else its
        number. Of a "multilabel" network 0 or 1 for each label, ``(N, C)``. Of a "regression" the values, ``(N, K)``,
        with one output ``(N,)``. See `nural.task.Task` and, where nothing was said, `nural.predictions.task_of`.

    Raises:
        ValueError: see `outputs`; or the task does not fit the outputs.
    """
    return labels(model, outputs(model, x, batch_size, threads))


def predict_proba(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The probability of each class, ``(N, C)``, or of each label. The arguments are those of `outputs`.

    They are softmax or sigmoid of the outputs, or the outputs themselves where the network ends in its own `Softmax` or
    `Sigmoid`, and their exponential behind `LogSoftmax`. One output is two classes: ``(N, 2)``.

    Raises:
        ValueError: see `outputs`; or the network is a regression, or its task does not fit the outputs.
    """
    return probabilities(model, outputs(model, x, batch_size, threads))


def outputs(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The network's outputs for all of ``x``, in an array of their own.

    They are computed in batches, which do not depend on the threads that share them: neither do the results.

    Any number of threads may ask one model at the same time, here and through `predict`, `predict_proba` and
    `evaluate`: none waits for another, and each gets what it would get alone. A call uses the weights, running
    statistics and settings that the model has at that moment, and disturbs nothing that a ``forward`` keeps for its
    ``backward``, so that a training may go on in another thread.

    Args:
        model: The network, which is not changed.
        x: Inputs ``(N, …)``: an array, a list, a table of pandas or polars, whose rows are taken by their position, or
            anything else with a length that an integer array can index.
        batch_size: Samples in a batch; by default as many as fit into the processor's caches.
        threads: How many share the batches, `Threads`, or "auto": all `cores` where there is enough to do. A training
            gives its `Workers`.

    Raises:
        ValueError: x is empty, holds text, NaN or infinity, or does not fit the network, or there are less than one
            thread or sample in a batch.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if len(x) == 0:
        raise ValueError("there are no samples to predict")
    x = by_position(x)
    few = len(x) <= (batch_size or LEAST_SAMPLES)
    if isinstance(threads, Workers):
        return _in_one_batch(model, x) if few else _in_batches(model, x, batch_size, threads)
    chosen = _chosen(threads, few)
    with BlasThreads(chosen.blas):
        if few:
            return _in_one_batch(model, x)
        with Workers(chosen.workers) as workers:
            return _in_batches(model, x, batch_size, workers)


def _in_one_batch(model: Layer, x: Any) -> np.ndarray:
    x = _floats(model, rows(x, 0, len(x)))
    twin = model.inference_twin()  # other threads may predict, or train, with the model at the same time
    y = twin.forward(x).copy()
    twin.give_buffers_back()
    return y


def _in_batches(model: Layer, x: Any, batch_size: int | None, workers: Workers) -> np.ndarray:
    """`outputs` of more samples than one batch has."""
    n = len(x)
    replica = model.replica()
    first = replica.forward(_floats(model, rows(x, 0, 1)))
    result = np.empty((n, *first.shape[1:]), first.dtype)
    if batch_size is None:
        batch_size = max(LEAST_SAMPLES, BATCH_BYTES // (buffered(replica) * model.dtype.itemsize + 1))
    batches = deque(slice(begin, min(begin + batch_size, n)) for begin in range(0, n, batch_size))
    reading = Lock()  # for samples that can be indexed, but not by two threads at once

    def work(i: int) -> None:
        """Take batches until there are none: a worker that a neighbour slows down takes fewer."""
        own = replica if i == 0 else model.replica()
        while True:
            try:
                batch = batches.popleft()
            except IndexError:
                return
            with reading:
                samples = rows(x, batch.start, batch.stop)
            result[batch] = own.forward(_floats(model, samples, batch.start))

    workers.each(work, min(workers.count, len(batches)))
    return result


def _floats(model: Layer, samples: np.ndarray, begin: int = 0) -> np.ndarray:
    """Samples, of which the first is in row ``begin``, as floats of the network, all of them finite."""
    with np.errstate(over="ignore"):  # what became infinite is refused
        x = np.asarray(numbers(samples), model.dtype)
    require_finite("the input", x, begin)
    return x


def _chosen(threads: int | str | Threads, few: bool) -> Threads:
    """What ``threads`` means for a few samples, which are one batch, or for many."""
    if isinstance(threads, Threads):
        return threads
    if threads == "auto":
        return ONE if few else Threads(cores())
    if isinstance(threads, int):
        return Threads(threads)
    raise ValueError(f'threads must be "auto", at least 1, or Threads(workers, blas), got {threads!r}')
