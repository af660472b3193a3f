"""The loop: `train` takes one step after another."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from nural.data.batches import Batches, rows
from nural.evaluation.inference import outputs
from nural.evaluation.targets import as_taken, implied_task, implies_task, require_fitting_loss
from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss
from nural.optimizers import SGD, Optimizer
from nural.optimizers.optimizer import Divide
from nural.parallel.ranks import Ranks
from nural.parallel.threads import Threads
from nural.predictions import said_task
from nural.schedules import Schedule
from nural.task import Task, class_places
from nural.training.data_parallel import DataParallel
from nural.training.history import Progress

#: The number of targets by which one-hot rows and values are told apart.
TOLD_BY = 1000


class Augment(Protocol):
    """What changes each batch before it is learned from, such as `nural.data.augmentation.Augmentation`."""

    def __call__(
        self,
        x: np.ndarray,
        rng: np.random.Generator,
        *,
        before: int,
        after: int,
        out: np.ndarray,
        divide: Divide,
    ) -> Any:
        """Write the changed samples to ``out``, which is ``x``; the arguments are those of `Augmentation`'s call."""
        ...


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
    augment: Augment | None = None,
    seed: int = 0,
    threads: int | str | Threads = "auto",
    start: int = 0,
    ranks: Ranks | None = None,
) -> Iterator[Progress]:
    """Take one step after another and yield a record of each. Weights are those after the step.

    Args:
        model: Its weights, if not drawn yet, are drawn from ``seed``.
        x: Inputs ``(N, …)``: an array, a list, a table of pandas or polars, whose rows are taken by their position, or
            anything else with a length that an integer array can index.
        y: Targets, likewise, as ``loss`` takes them: integer labels ``(N,)`` or rows ``(N, C)``. Where ``model.task``
            names its classes, the names.
        epochs: Passes over the data. The order of epoch e depends on ``(seed, e)`` alone.
        batch_size: Samples a step; the last batch of an epoch may be shorter.
        drop_last: Leave a shorter last batch out: its gradient is noisier than the others', yet moves weights as far.
        optimizer: By default ``SGD()``. It keeps its running arrays: give each training one of its own.
        loss: ``(y, t, out=None) -> (loss, dy)``. Those of nural's, which `functools.partial` may wrap, say what the
            network is for, unless ``model.task`` says it already; see `implied_task`.
        schedule: The learning rate by step, counted from 0; by default the optimizer's own.
        validation: ``(x, y)`` to `evaluate` after each epoch.
        augment: Changes the samples of each batch at random; the draws depend on ``(seed, step)`` alone.
        seed: Seeds weights and batches: the same seed and the same threads give the same bits.
        threads: The number of threads, `Threads`, or "auto", which chooses by the work of a step and the number of
            cores; see `choose_threads`. Workers take shares of each batch; in training, batch norm has the statistics
            of its share, see `Replicas`. With "auto" `Contention` goes on with one thread while other
            programs use the cores, so the last bits may differ from run to run. Give a number for the same bits.
        start: Steps taken before the break, when a training is resumed.
        ranks: The processes that share each batch, all with the same arguments; by default this one alone.

    Raises:
        DivergedError: the loss, or a weight at the end of an epoch, is NaN or infinite.
        ValueError: the data are empty, differ in length, or do not fit the network, its task or the loss; or the
            network ends in the softmax or sigmoid that the loss applies itself; or it has no parameters.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    require_fitting_loss(model, loss)
    optimizer = SGD() if optimizer is None else optimizer
    ranks = Ranks() if ranks is None else ranks
    model.build(np.random.default_rng(seed))
    require_parameters(model)
    y = _named_by_places(model, y)
    batches = Batches(x, y, batch_size, dtype=model.dtype, drop_last=drop_last, share=ranks.share)
    if said_task(model) is None:
        model.task = _implied_task(model, x, y, loss)
    with DataParallel(model, optimizer, batches, x, threads, ranks, start) as parallel:
        for step, (inputs, targets) in enumerate(_batches(batches, epochs, seed, start), start):
            epoch, position = divmod(step, len(batches))
            with parallel.step(inputs, targets):
                if augment is not None:
                    parallel.augment(augment, np.random.default_rng([seed, epoch + 1, step]))
                if schedule is not None:
                    optimizer.learning_rate = schedule(step)
                y = parallel.forward()
                value, dy = loss(y, as_taken(loss, y, targets), out=model.buffer("loss gradient", y.shape, y.dtype))
                parallel.backward(value, dy)
                parallel.update()
            ends_epoch = position + 1 == len(batches)
            judged = parallel.end_epoch(validation, loss) if ends_epoch else None
            yield Progress(
                step + 1,
                epochs * len(batches),
                epoch + 1,
                epochs,
                len(targets),
                value,
                optimizer.learning_rate,
                ends_epoch,
                judged,
            )


def require_parameters(model: Layer) -> None:
    """Raise ValueError if there is nothing to train."""
    if not model.all_shapes():
        raise ValueError(
            f"{model!r} has no parameters, so there is nothing to train: a layer's own are the params it gives to "
            "Layer.__init__, and layers inside are found where they are attributes or children"
        )


def _named_by_places(model: Layer, y: Any) -> Any:
    """The targets, with the classes' places for their names if the network's task has names."""
    task = said_task(model)
    if task is None or task.classes is None or task.kind == "multilabel":
        return y
    return class_places(rows(y, 0, len(y)), task.classes)


def _implied_task(model: Layer, x: Any, y: Any, loss: Loss) -> Task | None:
    """What the loss says the network is for; the outputs of one sample tell how many there are."""
    if not implies_task(loss):
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # only the shape counts
        return implied_task(loss, outputs(model, np.zeros_like(rows(x, 0, 1)), threads=Threads()), rows(y, 0, TOLD_BY))


def _batches(batches: Batches, epochs: int, seed: int, start: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of all epochs in turn, without the first ``start``."""
    first, position = divmod(start, len(batches))
    for epoch in range(first, epochs):
        yield from batches.epoch(np.random.default_rng([seed, epoch + 1]), start=position)
        position = 0
