"""`fit`: a whole training, with callbacks, checkpoints and Ctrl-C."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss
from nural.optimizers import SGD, Optimizer
from nural.parallel.ranks import Ranks
from nural.parallel.threads import Threads
from nural.schedules import Schedule
from nural.training.callbacks import Callback
from nural.training.checkpoint import Checkpoint
from nural.training.divergence import DivergedError
from nural.training.history import History
from nural.training.interrupt import deferred_interrupt
from nural.training.loop import Augment, require_parameters, train


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
        OverwriteError: ``checkpoint`` is a file that is not a checkpoint of nural's and would be lost.
    """
    if resume and checkpoint is None:
        raise ValueError("fit: to resume, name the checkpoint to resume from")
    optimizer = SGD() if optimizer is None else optimizer
    ranks = Ranks(communicator)
    with ranks.together((DivergedError,)):
        model.build(np.random.default_rng(seed))
        require_parameters(model)
        settings = {"samples": len(x), "batch_size": batch_size, "drop_last": drop_last, "seed": seed}
        ranks.require_equal({**settings, "epochs": epochs, "shapes of weights": model.all_shapes()})
        kept = Checkpoint(checkpoint, model, optimizer, ranks, settings)
        history = kept.begin(resume)
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
                ranks.ask(progress.ends_epoch, end=any(answers), interrupt=interrupted.is_set())
                if progress.ends_epoch or ranks.granted:
                    kept.write(history)
                if "interrupt" in ranks.granted:
                    raise KeyboardInterrupt
                if ranks.granted:
                    break
    return history
