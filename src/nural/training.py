"""Training: `train` takes the steps, `fit` runs it with callbacks and checkpoints."""

import math
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from nural.data.batches import Batches, by_position, rows
from nural.divergence import DivergedError, all_finite, require_no_divergence
from nural.gradient_sum import GradientSum
from nural.guard import Guard
from nural.history import History, Progress
from nural.inference import outputs, scores
from nural.interrupt import deferred_interrupt
from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss
from nural.model_file import load_checkpoint, save_checkpoint
from nural.optimizers import SGD, Optimizer
from nural.optimizers.optimizer import Divide
from nural.parallel import Replicas
from nural.ranks import Ranks
from nural.schedules import Schedule
from nural.threads import BlasThreads, Threads, choose_threads
from nural.workers import Workers


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
        y: Targets, likewise, as ``loss`` takes them: integer labels ``(N,)`` or rows ``(N, C)``.
        epochs: Passes over the data. The order of epoch e depends on ``(seed, e)`` alone.
        batch_size: Samples a step; the last batch of an epoch may be shorter.
        drop_last: Leave a shorter last batch out: its gradient is noisier than the others', yet moves weights as far.
        optimizer: By default ``SGD()``. It keeps its running arrays: give each training one of its own.
        loss: ``(y, t, out=None) -> (loss, dy)``.
        schedule: The learning rate by step, counted from 0; by default the optimizer's own.
        validation: ``(x, y)`` to `evaluate` after each epoch.
        augment: Changes the samples of each batch at random, by numbers that depend on ``(seed, step)`` alone.
        seed: Of the weights and of the batches: the same seed and the same threads give the same bits.
        threads: How many in all, `Threads`, or "auto", which chooses from the work that a step has and the cores there
            are; see `choose_threads`. Workers take shares of each batch; batch norm has the statistics of its share in
            training, see `Replicas`. With "auto" a `Guard` goes on with one thread while neighbours have the cores, so
            the last bits may differ from run to run. Give a number for the same bits.
        start: Steps that were taken before, when a training is resumed.
        ranks: The processes that share each batch, all of which run this alike; by default this one is alone.

    Raises:
        DivergedError: the loss, or a weight at the end of an epoch, is NaN or infinite.
        ValueError: the data are empty, differ in length, or do not fit the network or the loss.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    optimizer = SGD() if optimizer is None else optimizer
    ranks = Ranks() if ranks is None else ranks
    model.build(np.random.default_rng(seed))
    x, y = by_position(x), by_position(y)
    validation = None if validation is None else (by_position(validation[0]), by_position(validation[1]))
    batches = Batches(x, y, batch_size, dtype=model.dtype, drop_last=drop_last, share=ranks.share)
    steps = epochs * len(batches)
    step = start
    rows_here = max(1, min(batch_size, len(x)) // ranks.size)
    chosen = choose_threads(threads, model, x, rows_here, available=ranks.cores())
    with (
        BlasThreads(chosen.blas) as blas,
        Workers(chosen.workers) as workers,
        Replicas(model, workers) as replicas,
        GradientSum(ranks, model) as gradient_sum,
    ):
        guard = None
        if threads == "auto" and chosen != Threads():
            guard = Guard(chosen, replicas, blas, rows_here, step=start)
        while step < steps:
            epoch, position = divmod(step, len(batches))
            for inputs, targets in batches.epoch(np.random.default_rng([seed, epoch + 1]), start=position):
                begun = time.perf_counter()
                if augment is not None:
                    rng = np.random.default_rng([seed, epoch + 1, step])
                    own = ranks.share(len(targets))
                    after = len(targets) - own.stop
                    augment(inputs, rng, before=own.start, after=after, out=inputs, divide=workers.divide)
                if schedule is not None:
                    optimizer.learning_rate = schedule(step)
                step += 1
                value = _step(replicas, gradient_sum, inputs, targets, loss, optimizer)
                if "diverged" in ranks.granted:
                    problem = None if math.isfinite(value) else f"the loss became {value}"
                    require_no_divergence(problem, ranks, model, inputs, optimizer, step, epoch)
                if guard is not None:
                    guard.after_step(step - 1, time.perf_counter() - begun, len(inputs))
                ends_epoch = step % len(batches) == 0
                judged = None
                if ends_epoch:
                    problem = None if all_finite(model.params) else "a weight became infinite"
                    if problem is None and validation is not None:
                        judged = _judge(model, *validation, loss, workers, ranks)
                        if not math.isfinite(judged["loss"]):
                            problem = f"the validation loss became {judged['loss']}"
                    require_no_divergence(problem, ranks, model, inputs, optimizer, step, epoch)
                yield Progress(
                    step, steps, epoch + 1, epochs, len(targets), value, optimizer.learning_rate, ends_epoch, judged
                )


def _step(
    replicas: Replicas, gradient_sum: GradientSum, x: np.ndarray, t: np.ndarray, loss: Loss, optimizer: Optimizer
) -> float:
    """One step: forward, loss, backward, update. Returns the loss before the update, left out if that is not finite.

    ``x`` is this rank's share of the batch, ``t`` the targets of all of it, of which the loss is.
    """
    model, ranks, n = replicas.model, gradient_sum.ranks, len(t)
    own, weight = ranks.share(n), ranks.weight(n)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is reported as DivergedError
        y = ranks.gathered(replicas.forward(x, before=own.start, after=n - own.stop), n)
        value, dy = loss(y, t, out=model.buffer("loss gradient", y.shape, y.dtype))
        if not math.isfinite(value):
            ranks.wishes.add("diverged")
        elif weight:
            replicas.backward(dy[own])
        gradient_sum.finish(weight)
        if "diverged" not in ranks.granted:
            optimizer.update(model.params, model.grads, divide=replicas.workers.divide)
    return value


def _judge(model: Layer, x: Any, y: Any, loss: Loss, workers: Workers, ranks: Ranks) -> dict[str, float]:
    """What `evaluate` says of the validation set, of which each rank computes its share."""
    own = ranks.share(len(x))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is reported as DivergedError
        mine = x if ranks.size == 1 else rows(x, own.start, own.stop)
        return scores(ranks.gathered(outputs(model, mine, threads=workers), len(x)), y, loss)


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
    augment: Augment | None = None,
    callbacks: Sequence[Callback] = (),
    seed: int = 0,
    threads: int | str | Threads = "auto",
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    communicator: Any = None,
) -> History:
    """Train a model. The arguments are those of `train`, and these.

    Args:
        callbacks: Watch the training, and may end it.
        checkpoint: A file that keeps the training: written before the first step, after each epoch, when the training
            ends early, and at Ctrl-C.
        resume: Continue from ``checkpoint``; the result is, bit for bit, that of a training without the break, if
            ``threads`` is a number.
        communicator: The MPI ranks that train together, such as ``mpi4py.MPI.COMM_WORLD``: each calls this with the
            same arguments and takes its share of every batch, see `Ranks`. Weights begin as rank 0's, which alone reads
            and writes ``checkpoint``. Callbacks are called on every rank with the same numbers: give those that print
            or write to rank 0 alone. What `on_step` answers on any rank, and Ctrl-C, end the training on all after the
            next step. Any other exception on one rank ends all processes, after a sentence on stderr.

    Returns:
        The history, of the steps before a break too.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the step under way was finished and ``checkpoint`` written.
        DivergedError: see `train`; ``checkpoint`` keeps the last epoch that was good.
        ModelFileError: ``checkpoint`` is to be resumed, but is missing, damaged, or of another training.
    """
    optimizer = SGD() if optimizer is None else optimizer
    ranks = Ranks(communicator)
    if resume and checkpoint is None:
        raise ValueError("fit: to resume, name the checkpoint to resume from")
    with ranks.together((DivergedError,)):
        model.build(np.random.default_rng(seed))
        history = History()
        settings = {"samples": len(x), "batch_size": batch_size, "drop_last": drop_last, "seed": seed}
        ranks.require_equal({**settings, "epochs": epochs, "shapes of weights": model.all_shapes()})
        with ranks.agreeing():
            if resume and checkpoint is not None and ranks.first:
                history = load_checkpoint(checkpoint, model, optimizer, settings)
        history = ranks.begin_alike(model, optimizer, history)

        def keep() -> None:
            if checkpoint is not None and ranks.first:
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
                augment=augment,
                seed=seed,
                threads=threads,
                start=len(history.losses),
                ranks=ranks,
            ):
                history.record(progress)
                answers = [callback.on_step(model, progress) for callback in callbacks]
                if progress.ends_epoch:
                    answers += [callback.on_epoch(model, history) for callback in callbacks]
                if any(answers):
                    ranks.wishes.add("end")
                if interrupted.is_set():
                    ranks.wishes.add("interrupt")
                if progress.ends_epoch or ranks.size == 1:
                    ranks.agree()
                if progress.ends_epoch or ranks.granted:
                    keep()
                if "interrupt" in ranks.granted:
                    raise KeyboardInterrupt
                if ranks.granted:
                    break
    return history
