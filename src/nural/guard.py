"""A guard against busy neighbours: threads that wait for a core that another program has are slower than one."""

import math
import statistics
import time
from collections.abc import Callable

import numpy as np

from nural.layer import Layer
from nural.threads import BlasThreads, Threads
from nural.workers import Workers

#: Seconds between two trials, at first and at most; and how long one takes.
APART, MOST_APART, TRIAL = 0.5, 4.0, 0.002
#: Multiplications of a trial's product, at most.
MULTIPLICATIONS = 8_000_000
#: Several threads are used where they take less than this part of one thread's time.
WORTHWHILE = 0.9
#: A product that takes so many times as long as with one thread ends a trial.
HOPELESS = 10
#: What trials say of the gain is taken for at least this, so that steps that differ a little change nothing.
LEAST_GAIN = 1.5
#: Seconds and number of steps whose mean is compared with what one thread needs: a scheduler's turns are shorter.
WINDOW, WINDOW_STEPS = 0.02, 4


class Guard:
    """Lets a training go on with one thread while several are not faster.

    A trial, at first and about every half second between two steps, does a product of the size of the training's on
    arrays of its own, with one thread and with several in turn, and compares the medians. Between trials the steps are
    watched: where they take longer than one thread would need, that one takes over until a later trial. On a quiet
    machine nothing of this touches the training.

    With one thread the workers' shares are computed one after another, which gives the same bits; a product with one
    BLAS thread rounds otherwise than one with several.

    Args:
        threads: What is used on a quiet machine.
        workers: As many as ``threads`` has.
        blas: Sets the threads of products.
        model: Its largest weights give the product.
        n: Samples of a full step; steps with fewer are not compared.
    """

    def __init__(self, threads: Threads, workers: Workers, blas: BlasThreads, model: Layer, n: int) -> None:
        self.threads, self.workers, self.blas, self.n = threads, workers, blas, n
        self._product = _product(model, threads, n)
        self._apart = APART
        self._single = self._best = math.inf
        self._several = True
        self._begin_window()
        self._try()

    def after_step(self, seconds: float, n: int) -> None:
        """Take note of a step with ``n`` samples; the next one may have other threads."""
        if n >= self.n:
            self._seconds += seconds
            self._steps += 1
            if self._several:
                self._best = min(self._best, seconds)
        if self._several and self._seconds >= WINDOW and self._steps >= WINDOW_STEPS:
            mean = self._seconds / self._steps
            self._begin_window()
            if mean > self._needed_by_one():
                self._change(several=False)
                self._wait_longer()  # the last trial was wrong
        if time.perf_counter() >= self._next:
            self._try()

    def _needed_by_one(self) -> float:
        """Seconds of a step with one thread: measured since the last trial that failed, or else judged by the trials.

        The fastest step is one that nobody disturbed. Trials know the gain of products; the rest of a step may gain
        nothing, so half of it is counted.
        """
        return self._single if math.isfinite(self._single) else self._best * (1 + self._gain) / 2

    def _try(self) -> None:
        """Compare, and go on with what is faster."""
        before = self._several
        one, more = self._compare()
        self._use(before)
        self._change(several=more < WORTHWHILE * one)
        self._gain = max(one / more, LEAST_GAIN)
        if not self._several:
            self._wait_longer()
        else:
            if before:
                self._apart = APART
            self._next = time.perf_counter() + self._apart

    def _compare(self) -> tuple[float, float]:
        """The median seconds of a product with one thread and with several."""
        seconds: dict[bool, list[float]] = {False: [], True: []}
        end = time.perf_counter() + TRIAL
        while len(seconds[True]) < 3 or time.perf_counter() < end:
            for several, times in seconds.items():
                self._use(several)
                begun = time.perf_counter()
                self.workers.each(self._product)
                times.append(time.perf_counter() - begun)
            woken = len(seconds[True]) > 1  # the first product also wakes BLAS's threads, which may take milliseconds
            if woken and seconds[True][-1] > HOPELESS * seconds[False][-1]:
                return seconds[False][-1], seconds[True][-1]
        return statistics.median(seconds[False][1:]), statistics.median(seconds[True][1:])

    def _wait_longer(self) -> None:
        """A trial where a neighbour has the cores costs as much as some steps, and is made less often."""
        self._next = time.perf_counter() + self._apart
        self._apart = min(2 * self._apart, MOST_APART)

    def _change(self, several: bool) -> None:
        if several == self._several:
            return
        if several:  # under the conditions that there are now
            self._single = self._seconds / self._steps if self._steps else math.inf
        self._several = several
        self._use(several)
        self._begin_window()

    def _use(self, several: bool) -> None:
        self.workers.at_once = several
        if self.threads.blas > 1:
            self.blas.use(self.threads.blas if several else 1)

    def _begin_window(self) -> None:
        self._seconds, self._steps = 0.0, 0


def _product(model: Layer, threads: Threads, n: int) -> Callable[[int], None]:
    """What a worker does in a trial.

    How BLAS divides a product depends on its shape: it is that of a batch with the model's largest weights, or with
    some of their columns. Workers divide none: they get one that takes several times as long as they wait for each
    other: 0.17 ms, where that is about 0.05 ms.
    """
    inputs, outputs, rows = 256, 256, MULTIPLICATIONS // 256**2
    if threads.blas > 1:
        matrices = [(math.prod(shape[:-1]), shape[-1]) for shape in model.all_shapes().values() if len(shape) > 1]
        inputs, outputs = max(matrices, key=math.prod, default=(inputs, outputs))
        rows = n
        outputs = min(outputs, max(16, MULTIPLICATIONS // (inputs * rows)))
    x, W = np.ones((rows, inputs), model.dtype), np.ones((inputs, outputs), model.dtype)
    y = np.empty((threads.workers, rows, outputs), model.dtype)

    def product(i: int) -> None:
        np.matmul(x, W, out=y[i])

    return product
