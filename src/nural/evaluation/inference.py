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

#: About how many bytes the layers' arrays may take for the samples of one batch: as many as fit into the caches.
BATCH_BYTES = 2 << 20
#: The fewest samples in a batch: with fewer, weights would be read more often than they are used.
LEAST_SAMPLES = 64
#: What a layer may raise when its input is of a kind that it does not take.
UNFIT = (ValueError, IndexError, TypeError, ArithmeticError)
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

    The accuracy is the share of right answers, as `predict` gives them; for a "multilabel" network, the share of
    samples all whose labels are right. A loss of logits is computed from the network's probabilities, whatever layer
    the network ends in. The arguments are those of `outputs`, and these.

    Args:
        y: Targets: classes, by the names in ``model.task`` or as integers, ``(N,)`` or in a column; one-hot rows; 0 or
            1 for each label; or values. A loss of your own may take any others.
        loss: ``(y, t) -> (loss, dy)``; by default cross-entropy, binary cross-entropy or the squared error, depending
            on the network's task.

    Raises:
        ValueError: the data are empty or do not fit the network, its task or the loss, or a target names no class.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # an overflow makes the loss not finite
        return scores(model, outputs(model, x, batch_size, threads), y, loss)


def predict(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The network's answer for each sample, depending on its task. The arguments are those of `outputs`.

    Returns:
        The most probable class, ``(N,)``, or for sequences ``(N, T)``: its name if ``model.task`` has names, else its
        number. For a "multilabel" network 0 or 1 for each label, ``(N, C)``. For a "regression" the values, ``(N, K)``,
        or with one output ``(N,)``. See `nural.task.Task`, and `nural.predictions.task_of` for models without a task.

    Raises:
        ValueError: see `outputs`; or the task does not fit the outputs.
    """
    return labels(model, outputs(model, x, batch_size, threads))


def predict_proba(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The probability of each class, ``(N, C)``, or of each label. The arguments are those of `outputs`.

    They are softmax or sigmoid of the outputs; the outputs themselves if the network ends in `Softmax` or `Sigmoid`;
    their exponential if it ends in `LogSoftmax`. One output stands for two classes: ``(N, 2)``.

    Raises:
        ValueError: see `outputs`; or the network is a regression, or its task does not fit the outputs.
    """
    return probabilities(model, outputs(model, x, batch_size, threads))


def outputs(
    model: Layer, x: Any, batch_size: int | None = None, threads: int | str | Threads | Workers = "auto"
) -> np.ndarray:
    """The network's outputs for all of ``x``, in an array of their own.

    They are computed in batches. The batches, and so the results, do not depend on how many threads share them.

    Any number of threads may use one model at the same time, here and through `predict`, `predict_proba` and
    `evaluate`: none waits for another, and each gets what it would get alone. A call uses the weights, running
    statistics and settings that the model has then, and changes nothing that ``forward`` keeps for ``backward``, so
    that a training can go on in another thread.

    Args:
        model: The network, which is not changed.
        x: Inputs ``(N, …)``: an array, a list, a table of pandas or polars, whose rows are taken by their position, or
            anything else with a length that an integer array can index.
        batch_size: Samples in a batch; by default as many as fit into the processor's caches.
        threads: How many share the batches, `Threads`, or "auto": all `cores` if there is enough to do. A training
            passes its `Workers`.

    Raises:
        ValueError: x is empty, holds text, NaN or infinity, or does not fit the network, or the number of threads or
            samples per batch is below 1.
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
    reading = Lock()  # for samples that two threads cannot index at once

    def work(i: int) -> None:
        """Take batches until there are none: a worker that is slowed down takes fewer."""
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
    """Samples, the first of which is row ``begin``, as floats of the network's type; all must be finite."""
    with np.errstate(over="ignore"):  # infinite values are refused below
        x = np.asarray(numbers(samples), model.dtype)
    require_finite("the input", x, begin)
    return x


def _chosen(threads: int | str | Threads, few: bool) -> Threads:
    """The threads that ``threads`` stands for, if the samples are few (one batch) or many."""
    if isinstance(threads, Threads):
        return threads
    if threads == "auto":
        return ONE if few else Threads(cores())
    if isinstance(threads, int):
        return Threads(threads)
    raise ValueError(f'threads must be "auto", at least 1, or Threads(workers, blas), got {threads!r}')
