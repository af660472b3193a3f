"""The steps of a training on several threads and processes, watched for divergence."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np

from nural.data.batches import Batches, Samples, rows
from nural.evaluation.inference import outputs
from nural.evaluation.targets import scores
from nural.layer import Layer
from nural.losses import Loss
from nural.optimizers import Optimizer
from nural.parallel.contention import Contention
from nural.parallel.gradient_sum import GradientSum
from nural.parallel.ranks import Ranks
from nural.parallel.replicas import Replicas
from nural.parallel.threads import BlasThreads, Threads, choose_threads
from nural.parallel.workers import Workers
from nural.training.divergence import all_finite, require_no_divergence


class DataParallel:
    """Takes the steps of one training, each batch shared by the ranks and, in each, by its threads; a context manager.

    With one thread of one process, `forward`, `backward` and `update` are those of model and optimizer. Divergence is
    reported at the end of the step, on all ranks.

    Args:
        model: The network to train.
        optimizer: Its learning rate may be changed before each step.
        batches: The training's batches, of which each rank gets its share.
        x: All inputs, for `choose_threads`.
        threads: See `train`.
        ranks: The processes that share each batch.
        step: The first step, counted from 0.

    Raises:
        DivergedError: (of a step or the end of an epoch) the loss or a weight is NaN or infinite.
        ValueError: the threads make no sense or the inputs do not fit the network.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, sections 2.3 and 3.
    """

    def __init__(
        self,
        model: Layer,
        optimizer: Optimizer,
        batches: Batches,
        x: Samples,
        threads: int | str | Threads,
        ranks: Ranks,
        step: int,
    ) -> None:
        self.model, self.optimizer, self.ranks = model, optimizer, ranks
        self._batches, self._step = batches, step
        self._rows = max(1, min(batches.batch_size, len(x)) // ranks.size)
        self._threads = choose_threads(threads, model, x, self._rows, available=ranks.cores())
        self._auto = threads == "auto" and self._threads != Threads()
        self._contention: Contention | None = None

    def __enter__(self) -> Self:
        with ExitStack() as opened:  # closes what is open if the rest fails
            blas = opened.enter_context(BlasThreads(self._threads.blas))
            self._workers = opened.enter_context(Workers(self._threads.workers))
            self._replicas = opened.enter_context(Replicas(self.model, self._workers))
            self._gradient_sum = opened.enter_context(GradientSum(self.ranks, self.model))
            if self._auto:
                self._contention = Contention(self._threads, self._replicas, blas, self._rows, self._step)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @contextmanager
    def step(self, x: np.ndarray, t: np.ndarray) -> Iterator[None]:
        """One step.

        Args:
            x: This rank's share of the batch.
            t: The targets of all of it, of which the loss is.
        """
        begun = time.perf_counter()
        self._x, self._n = x, len(t)
        self._own = self.ranks.share(len(t))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is a DivergedError
            yield
        if self._contention is not None:
            self._contention.after_step(self._step, time.perf_counter() - begun, len(x))
        self._step += 1

    def augment(self, augment: Callable[..., Any], rng: np.random.Generator) -> None:
        """Change the samples of the batch at random, each as it would be changed in the whole batch."""
        before, after = self._own.start, self._n - self._own.stop
        augment(self._x, rng, before=before, after=after, out=self._x, divide=self._workers.divide)

    def forward(self) -> np.ndarray:
        """The outputs of the whole batch, on every rank."""
        y = self._replicas.forward(self._x, before=self._own.start, after=self._n - self._own.stop)
        return self.ranks.gathered(y, self._n)

    def backward(self, loss: float, dy: np.ndarray) -> None:
        """Fill the model's ``grads`` with those of the whole batch, from ``dy`` = ∂L/∂y of its outputs.

        A loss that is not finite has no gradient worth computing: all ranks are told instead.
        """
        self._problem = None if math.isfinite(loss) else f"the loss became {loss}"
        weight = self.ranks.weight(self._n)
        if self._problem is not None:
            self.ranks.wishes.add("diverged")
        elif weight:
            self._replicas.backward(dy[self._own])
        self._gradient_sum.finish(weight)

    def update(self) -> None:
        """Take the step, unless the loss of a rank was not finite."""
        if "diverged" in self.ranks.granted:
            self._require_finite(self._step + 1)
        self.optimizer.update(self.model.params, self.model.grads, divide=self._workers.divide)

    def end_epoch(self, validation: tuple[Any, Any] | None, loss: Loss) -> dict[str, float] | None:
        """Require finite weights, and say what `evaluate` says of the validation set, if there is one."""
        judged = None
        self._problem = None if all_finite(self.model.params) else "a weight became infinite"
        if self._problem is None and validation is not None:
            judged = self._evaluate(*validation, loss)
            if not math.isfinite(judged["loss"]):
                self._problem = f"the validation loss became {judged['loss']}"
        self._require_finite(self._step)
        return judged

    def _evaluate(self, x: Any, y: Any, loss: Loss) -> dict[str, float]:
        """What `evaluate` says of samples of which each rank computes its share."""
        own = self.ranks.share(len(x))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mine = x if self.ranks.size == 1 else rows(x, own.start, own.stop)
            found = self.ranks.gathered(outputs(self.model, mine, threads=self._workers), len(x))
            return scores(self.model, found, y, loss)

    def _require_finite(self, step: int) -> None:
        epoch = (step - 1) // len(self._batches)
        require_no_divergence(self._problem, self.ranks, self.model, self._x, self.optimizer, step, epoch)
