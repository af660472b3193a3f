"""The solvers ``sgd`` and ``adam``: epochs over batches in scikit-learn's order, until nothing improves."""

import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches, shuffle

from nural.containers import Sequential
from nural.estimator.held_out import loss_and_score
from nural.estimator.objective import Objective, Weighted
from nural.estimator.velocity import VelocitySGD
from nural.optimizers import Adam, Optimizer
from nural.parallel.threads import BlasThreads, choose_threads
from nural.training.history import Progress
from nural.training.interrupt import deferred_interrupt

#: The ``adaptive`` learning rate is divided by the first; training ends when it falls to the second.
ADAPTIVE_DIVISOR, LEAST_LEARNING_RATE = 5.0, 1e-6

Arrays = dict[str, np.ndarray]


def train(estimator: Any, objective: Objective, samples: Weighted, held: Weighted | None, incremental: bool) -> None:
    """Train until the loss, or the score of ``early_stopping``, no longer improves, or for ``max_iter`` epochs.

    The estimator's fitted attributes are updated after each epoch.

    Args:
        estimator: Its parameters determine the training.
        objective: The objective of a batch; its network is trained.
        samples: The training samples.
        held: The samples to validate with after each epoch, or None.
        incremental: Take one epoch, as `partial_fit` does, and continue with the optimizer of the last call.

    Warns:
        ConvergenceWarning: ``max_iter`` epochs were not enough.
        UserWarning: Ctrl-C ended the training, between two steps; or ``batch_size`` exceeds the number of samples.
    """
    if not incremental or not hasattr(estimator, "_optimizer"):
        estimator._optimizer = new_optimizer(estimator)
    run = _Run(estimator, objective, samples, held, epochs=1 if incremental else estimator.max_iter)
    for callback in estimator.callbacks:
        callback.on_begin(objective.network, estimator.history_)
    estimator.n_iter_ = 0
    with deferred_interrupt() as interrupted, _blas_threads(objective.network, samples.x, run.batch_size):
        try:
            while estimator.n_iter_ < estimator.max_iter:
                ended = run.epoch(interrupted)
                ended = run.judge() or ended
                if ended or incremental:
                    break
                if estimator.n_iter_ == estimator.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
                        "hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=4,
                    )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
    if estimator.early_stopping and (not incremental or estimator.stopped_early_):
        fill(objective.network, estimator._best)


def new_optimizer(estimator: Any) -> Optimizer:
    """The optimizer of the estimator's solver: nural's Adam in Keras's form is scikit-learn's too."""
    if estimator.solver == "sgd":
        return VelocitySGD(estimator.learning_rate_init, estimator.momentum, estimator.nesterovs_momentum)
    betas = estimator.beta_1, estimator.beta_2
    return Adam(estimator.learning_rate_init, betas, estimator.epsilon, eps_hat=True)


def copied(network: Sequential) -> Arrays:
    """Copies of all weights and running statistics."""
    return {name: value.copy() for name, value in _arrays(network).items()}


def fill(network: Sequential, values: Arrays) -> None:
    """Put what `copied` returned back into the network."""
    for name, array in _arrays(network).items():
        array[...] = values[name]


class _Run:
    """One call of `train`."""

    def __init__(
        self, estimator: Any, objective: Objective, samples: Weighted, held: Weighted | None, epochs: int
    ) -> None:
        self.estimator, self.objective, self.samples, self.held = estimator, objective, samples, held
        self.n = samples.x.shape[0]
        self.order = np.arange(self.n)
        wanted = min(200, self.n) if estimator.batch_size == "auto" else estimator.batch_size
        if wanted > self.n:
            warnings.warn(
                f"batch_size is {wanted}, more than the {self.n} samples; it is clipped to them", stacklevel=5
            )
        self.batch_size = min(wanted, self.n)
        least = 2 if estimator.batch_norm else 0  # one sample has no variance
        if self.batch_size < least:
            raise ValueError(
                f"batch_norm needs at least 2 samples in a batch, got batch_size={wanted} and n_samples={self.n}"
            )
        self.batches = list(gen_batches(self.n, self.batch_size, min_batch_size=least))
        self.epochs = len(estimator.history_.epochs) + epochs
        self.steps = len(estimator.history_.losses) + epochs * len(self.batches)

    def epoch(self, interrupted: threading.Event) -> bool:
        """Take the steps of an epoch; returns whether a callback wants to end the training."""
        estimator, optimizer, network = self.estimator, self.estimator._optimizer, self.objective.network
        x, t, weight, _ = self.samples
        if estimator.shuffle:
            order: Any = shuffle(self.order, random_state=estimator._random_state)
            self.order = order
        total, value, wishes = 0.0, 0.0, []
        for position, batch in enumerate(self.batches, start=1):
            rows = self.order[batch] if estimator.shuffle else batch
            if estimator.schedule is not None:
                optimizer.learning_rate = estimator.schedule(optimizer.steps)
            value = self.objective.gradients(x[rows], t[rows], None if weight is None else weight[rows])
            optimizer.update(network.params, network.grads)
            total += value * (batch.stop - batch.start)
            if interrupted.is_set():
                raise KeyboardInterrupt
            if estimator.callbacks and position < len(self.batches):
                wishes += self._tell(value, batch)
        estimator.n_iter_ += 1
        estimator.t_ += self.n
        estimator.loss_ = total / self.n
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        judged = self._validate()
        if estimator.callbacks:
            wishes += self._tell(value, self.batches[-1], judged)
            wishes += [callback.on_epoch(network, estimator.history_) for callback in estimator.callbacks]
        return any(wishes)

    def judge(self) -> bool:
        """Count the epochs without improvement and change the learning rate; returns whether it is time to stop."""
        estimator = self.estimator
        self._count()
        if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
            estimator._optimizer.learning_rate = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        what = "Validation score" if estimator.early_stopping else "Training loss"
        limit = f"tol={estimator.tol:f} for {estimator.n_iter_no_change} consecutive epochs"
        sentence = f"{what} did not improve more than {limit}."
        stops = True
        if estimator.solver == "sgd" and estimator.learning_rate == "adaptive":
            optimizer = estimator._optimizer
            if optimizer.learning_rate > LEAST_LEARNING_RATE:
                optimizer.learning_rate /= ADAPTIVE_DIVISOR
                estimator._no_improvement_count, stops = 0, False
                sentence += f" Setting learning rate to {optimizer.learning_rate:f}"
            else:
                sentence += " Learning rate too small."
        if estimator.verbose:
            print(sentence + (" Stopping." if stops else ""))
        estimator.stopped_early_ = stops and estimator.early_stopping
        return stops

    def _count(self) -> None:
        """Compare the last epoch with the best so far: its score with ``early_stopping``, else its loss."""
        estimator = self.estimator
        if estimator.early_stopping:
            score, best = estimator.validation_scores_[-1], estimator.best_validation_score_
            improved = not score < best + estimator.tol
            if score > best:
                estimator.best_validation_score_ = score
                estimator._best = copied(self.objective.network)
        else:
            loss, best = estimator.loss_curve_[-1], estimator.best_loss_
            improved = not loss > best - estimator.tol
            estimator.best_loss_ = min(best, loss)
        estimator._no_improvement_count = 0 if improved else estimator._no_improvement_count + 1

    def _validate(self) -> dict[str, float] | None:
        """Loss and score of the held-out samples, if there are any."""
        if self.held is None:
            return None
        estimator = self.estimator
        loss, score = loss_and_score(estimator, self.held)
        estimator.validation_loss_curve_.append(loss)
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        return {"loss": loss, estimator._score_name: score}

    def _tell(self, value: float, batch: slice, judged: dict[str, float] | None = None) -> list[Any]:
        """Record a step for the callbacks; returns their answer."""
        estimator, history = self.estimator, self.estimator.history_
        progress = Progress(
            len(history.losses) + 1,
            self.steps,
            len(history.epochs) + 1,
            self.epochs,
            batch.stop - batch.start,
            value,
            estimator._optimizer.learning_rate,
            batch is self.batches[-1],
            judged,
        )
        history.record(progress)
        return [callback.on_step(self.objective.network, progress) for callback in estimator.callbacks]


def _blas_threads(network: Sequential, x: Any, batch_size: int) -> AbstractContextManager[Any]:
    """As many BLAS threads as the steps are worth, if no other training shares the process."""
    alone = threading.current_thread() is threading.main_thread()
    if not alone or not isinstance(x, np.ndarray):
        return nullcontext()
    return BlasThreads(choose_threads("auto", network, x, batch_size).blas)


def _arrays(network: Sequential) -> Arrays:
    return {f"params.{name}": value for name, value in network.params.items()} | {
        f"state.{name}": value for name, value in network.state.items()
    }
