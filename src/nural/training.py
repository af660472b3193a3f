"""Training, evaluation and prediction: `train` takes the steps, `fit` runs it with callbacks and checkpoints."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nural.activations import softmax_forward
from nural.data.batches import Batches, rows
from nural.history import History, Progress
from nural.interrupt import deferred_interrupt
from nural.layer import Layer, Sequential
from nural.losses import Loss, cross_entropy_loss
from nural.metrics import accuracy, class_labels
from nural.model_file import load_checkpoint, save_checkpoint
from nural.optimizers import SGD, Optimizer
from nural.schedules import Schedule


class DivergedError(FloatingPointError):
    """The loss or a weight is no longer finite; the message names the layer and the step."""


class Callback:
    """Something that watches a training. A true answer from `on_step` or `on_epoch` ends it after the step."""

    def on_begin(self, model: Layer, history: History) -> None:
        """Called by `fit` before its first step; ``history`` has the steps before a break."""

    def on_step(self, model: Layer, progress: Progress) -> bool | None:
        """Called after every step."""

    def on_epoch(self, model: Layer, history: History) -> bool | None:
        """Called after every epoch; its row is the last of ``history.epochs``."""


def train(
    model: Layer,
    x: Any,
    y: Any,
    *,
    epochs: int = 5,
    batch_size: int = 32,
    drop_last: bool = False,
    optimizer: Optimizer | None = None,
    loss: Loss = cross_entropy_loss,
    schedule: Schedule | None = None,
    validation: tuple[Any, Any] | None = None,
    seed: int = 0,
    threads: int = 1,
    start: int = 0,
) -> Iterator[Progress]:
    """Take one step after another and yield a record of each. Weights are those after the step.

    Args:
        model: Its weights, if not drawn yet, are drawn from ``seed``.
        x: Inputs ``(N, …)``: anything with a length that an integer array can index.
        y: Targets, as ``loss`` takes them: integer labels ``(N,)`` or rows ``(N, C)``.
        epochs: Passes over the data. The order of epoch e depends on ``(seed, e)`` alone.
        batch_size: Samples a step; the last batch of an epoch may be shorter.
        drop_last: Leave a shorter last batch out: its gradient is noisier than the others', yet moves weights as far.
        optimizer: By default ``SGD()``. It keeps its running arrays: give each training one of its own.
        loss: ``(y, t, out=None) -> (loss, dy)``.
        schedule: The learning rate by step, counted from 0; by default the optimizer's own.
        validation: ``(x, y)`` to `evaluate` after each epoch.
        seed: Of the weights and of the batches: the same seed gives the same bits.
        threads: BLAS threads. One is fastest for products of the size that small batches make.
        start: Steps that were taken before, when a training is resumed.

    Raises:
        DivergedError: the loss, or a weight at the end of an epoch, is NaN or infinite.
        ValueError: the data are empty, differ in length, or do not fit the network or the loss.
    """
    from threadpoolctl import threadpool_limits

    if epochs < 1 or threads < 1:
        raise ValueError(f"epochs and threads must be at least 1, got {epochs} and {threads}")
    optimizer = SGD() if optimizer is None else optimizer
    model.build(np.random.default_rng(seed))
    batches = Batches(x, y, batch_size, dtype=model.dtype, drop_last=drop_last)
    steps = epochs * len(batches)
    step = start
    with threadpool_limits(limits=threads, user_api="blas"):
        while step < steps:
            epoch, position = divmod(step, len(batches))
            for inputs, targets in batches.epoch(np.random.default_rng([seed, epoch + 1]), start=position):
                if schedule is not None:
                    optimizer.learning_rate = schedule(step)
                step += 1
                place = f"step {step} (epoch {epoch + 1})"
                value = _step(model, inputs, targets, loss, optimizer, place)
                ends_epoch = step % len(batches) == 0
                scores = None
                if ends_epoch:
                    if not _all_finite(model.params):
                        raise _diverged("a weight became infinite", model, inputs, optimizer, place)
                    if validation is not None:
                        scores = evaluate(model, *validation, loss=loss)
                        if not math.isfinite(scores["loss"]):
                            what = f"the validation loss became {scores['loss']}"
                            raise _diverged(what, model, inputs, optimizer, place)
                yield Progress(
                    step, steps, epoch + 1, epochs, len(inputs), value, optimizer.learning_rate, ends_epoch, scores
                )


def _step(model: Layer, x: np.ndarray, t: np.ndarray, loss: Loss, optimizer: Optimizer, place: str) -> float:
    """One step: forward, loss, backward, update. Returns the loss before the update."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is reported as DivergedError
        y = model.forward(x, train=True)
        value, dy = loss(y, t, out=model.buffer("loss gradient", y.shape, y.dtype))
        if not math.isfinite(value):
            raise _diverged(f"the loss became {value}", model, x, optimizer, place)
        model.backward(dy, need_dx=False)
        optimizer.update(model.params, model.grads)
    return value


def fit(
    model: Layer,
    x: Any,
    y: Any,
    *,
    epochs: int = 5,
    batch_size: int = 32,
    drop_last: bool = False,
    optimizer: Optimizer | None = None,
    loss: Loss = cross_entropy_loss,
    schedule: Schedule | None = None,
    validation: tuple[Any, Any] | None = None,
    callbacks: Sequence[Callback] = (),
    seed: int = 0,
    threads: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> History:
    """Train a model. The arguments are those of `train`, and these.

    Args:
        callbacks: Watch the training, and may end it.
        checkpoint: A file that keeps the training: written before the first step, after each epoch, when the training
            ends early, and at Ctrl-C.
        resume: Continue from ``checkpoint``; the result is, bit for bit, that of a training without the break.

    Returns:
        The history, of the steps before a break too.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the step under way was finished and ``checkpoint`` written.
        DivergedError: see `train`; ``checkpoint`` keeps the last epoch that was good.
        ModelFileError: ``checkpoint`` is to be resumed, but is missing, damaged, or of another training.
    """
    optimizer = SGD() if optimizer is None else optimizer
    model.build(np.random.default_rng(seed))
    history = History()
    settings = {"samples": len(x), "batch_size": batch_size, "drop_last": drop_last, "seed": seed}
    if resume:
        if checkpoint is None:
            raise ValueError("fit: to resume, name the checkpoint to resume from")
        history = load_checkpoint(checkpoint, model, optimizer, settings)

    def keep() -> None:
        if checkpoint is not None:
            save_checkpoint(checkpoint, model, optimizer, history, settings)

    if not resume:
        keep()
    for callback in callbacks:
        callback.on_begin(model, history)
    with deferred_interrupt() as interrupted:
        for progress in train(
            model,
            x,
            y,
            epochs=epochs,
            batch_size=batch_size,
            drop_last=drop_last,
            optimizer=optimizer,
            loss=loss,
            schedule=schedule,
            validation=validation,
            seed=seed,
            threads=threads,
            start=len(history.losses),
        ):
            history.record(progress)
            answers = [callback.on_step(model, progress) for callback in callbacks]
            if progress.ends_epoch:
                answers += [callback.on_epoch(model, history) for callback in callbacks]
            ended = any(answers)
            if progress.ends_epoch or ended or interrupted.is_set():
                keep()
            if interrupted.is_set():
                raise KeyboardInterrupt
            if ended:
                break
    return history


def evaluate(
    model: Layer, x: Any, y: Any, *, loss: Loss = cross_entropy_loss, batch_size: int = 1000
) -> dict[str, float]:
    """Mean loss over ``(x, y)``, and the accuracy where the targets name classes (integers or one-hot rows).

    Raises:
        ValueError: the data are empty or do not fit the network or the loss.
    """
    with np.errstate(
        over="ignore", invalid="ignore", divide="ignore"
    ):  # what overflows gives a loss that is not finite
        predicted = outputs(model, x, batch_size)
        t = rows(y, 0, len(y))
        scores = {"loss": loss(predicted, t)[0]}
    if class_labels(t) is not None:
        scores["accuracy"] = accuracy(predicted, t)
    return scores


def predict(model: Layer, x: Any, batch_size: int = 1000) -> np.ndarray:
    """The most probable class of each sample, ``(N,)`` integers."""
    return outputs(model, x, batch_size).argmax(axis=1)


def predict_proba(model: Layer, x: Any, batch_size: int = 1000) -> np.ndarray:
    """The probability of each class, ``(N, C)``: softmax of the outputs, which are logits."""
    return softmax_forward(outputs(model, x, batch_size))


def outputs(model: Layer, x: Any, batch_size: int = 1000) -> np.ndarray:
    """The network's outputs for all of ``x``, computed ``batch_size`` samples at a time, in an array of their own.

    Raises:
        ValueError: x is empty or does not fit the network.
    """
    if len(x) == 0:
        raise ValueError("there are no samples to predict")
    parts = []
    for begin in range(0, len(x), batch_size):
        batch = np.asarray(rows(x, begin, min(begin + batch_size, len(x))), model.dtype)
        parts.append(model.forward(batch, train=False).copy())
    return np.concatenate(parts)


def _all_finite(arrays: Mapping[str, np.ndarray]) -> bool:
    # min and max pass NaN on and need no array of their own, unlike np.isfinite(array)
    return all(math.isfinite(array.min()) and math.isfinite(array.max()) for array in arrays.values())


def _diverged(what: str, model: Layer, x: np.ndarray, optimizer: Optimizer, place: str) -> DivergedError:
    """Name the first layer whose weights or output are not finite."""
    if not np.isfinite(x).all():
        return DivergedError(f"{what} at {place}, because the inputs hold NaN or infinity")
    culprit = ""
    for name, layer in (model.children if isinstance(model, Sequential) else {"model": model}).items():
        if not _all_finite(layer.params):
            culprit = f"the weights of layer {name}, {layer!r}"
            break
        with np.errstate(all="ignore"):
            x = layer.forward(x, train=True)
        if not np.isfinite(x).all():
            culprit = f"the output of layer {name}, {layer!r}"
            break
        culprit = f"the loss, of an output of layer {name}, {layer!r}, as large as {np.abs(x).max():.1e}"
    return DivergedError(
        f"{what} at {place}; the first to overflow: {culprit}; "
        f"the learning rate was {optimizer.learning_rate:g}, try a smaller one"
    )
