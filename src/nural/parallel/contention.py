"""Contention for the cores: threads that wait for a core which another program uses are slower than one thread."""

import math
import os
import time
from pathlib import Path

from nural.parallel.replicas import Replicas
from nural.parallel.threads import BlasThreads, Threads

#: Where Linux says how many threads of all programs run or wait for a core, and which of this process's threads do.
PROC = Path("/proc")
#: The steps, counted from 0, that one thread takes to measure how long it needs.
ONE_THREAD = range(1, 3)
#: Seconds whose mean step is compared with that, and the least steps of one thread: a scheduler's turns are shorter.
WINDOW, WINDOW_STEPS = 0.02, 4
#: How many seconds threads may share one core after they wake, until the scheduler moves them apart, and how many times
#: as long as with one thread a step may take meanwhile.
SETTLING, UNSETTLED = 0.05, 2
#: How many seconds one thread goes on before several are tried again: at least, and per second that was lost.
APART, APART_FOR_EACH = 0.1, 30
#: After how many seconds a core that was taken is looked at again; looking takes about 0.1 ms.
LOOK_AGAIN = 0.01


class Contention:
    """Lets a training go on with one thread while several are not faster.

    After a first step, two are taken by one thread. Then several take over, as soon as the system says that enough
    cores are free. In each window the mean step is compared with what one thread needed. Where it is more, that one
    goes on for 0.1 s, or 30 times as long as the others' try lost, so that all tries together cost about 3% of the
    time.

    In those two steps one thread computes the workers' shares one after another, which needs no more memory; later it
    computes whole batches, which is faster. Whole batches, and products of one BLAS thread, round differently.

    Args:
        threads: The threads of a quiet machine.
        replicas: One for each of the workers of ``threads``.
        blas: Sets the threads of products.
        n: Samples of a full step; smaller steps are not compared.
        step: The first step, counted from 0: more where a training is resumed.
    """

    def __init__(self, threads: Threads, replicas: Replicas, blas: BlasThreads, n: int, step: int = 0) -> None:
        self.threads, self.replicas, self.blas, self.n = threads, replicas, blas, n
        self._single = self._best = math.inf
        self._several, self._since, self._lost, self._again = True, time.perf_counter(), 0.0, 0.0
        self._begin_window()
        if step in ONE_THREAD or not self._cores_are_free():
            self._change(several=False, undivided=step not in ONE_THREAD)

    def after_step(self, step: int, seconds: float, n: int) -> None:
        """Take note of a step, counted from 0, with ``n`` samples; the next one may have other threads."""
        if n >= self.n:
            self._note(seconds)
        now = time.perf_counter()
        if step + 1 in ONE_THREAD:
            self._change(several=False, undivided=False)
        elif not self._several:
            if now >= self._again:
                self._again = now + LOOK_AGAIN
                several = self._cores_are_free()
                self._change(several, undivided=not several)
        elif self._seconds >= max(WINDOW, WINDOW_STEPS * self._needed_by_one()):
            slack = 1 if now - self._since > SETTLING + self._seconds else UNSETTLED
            self._lost += self._seconds - self._steps * self._needed_by_one()
            if self._seconds > slack * self._steps * self._needed_by_one():
                self._again = now + max(APART, APART_FOR_EACH * self._lost)
                self._single = math.inf  # measure it again, under the present conditions
                self._change(several=False, undivided=True)
            self._begin_window()

    def _note(self, seconds: float) -> None:
        if not self._several:
            self._single = min(self._single, seconds)
        else:
            self._best = min(self._best, seconds)
            self._seconds += seconds
            self._steps += 1

    def _needed_by_one(self) -> float:
        """Seconds of an undisturbed step with one thread: measured, or else an upper bound."""
        return self._single if math.isfinite(self._single) else self._best * self.threads.workers * self.threads.blas

    def _cores_are_free(self) -> bool:
        """Whether other programs leave as many cores as there are threads; true if the system does not say."""
        try:
            running = int((PROC / "loadavg").read_text().split()[3].partition("/")[0])
            own = [stat.read_text() for stat in PROC.glob("self/task/*/stat")]
        except OSError:
            return True
        running -= sum(stat.rpartition(")")[2].split()[0] == "R" for stat in own)
        return running + self.threads.workers * self.threads.blas <= (os.cpu_count() or 1)

    def _change(self, several: bool, undivided: bool) -> None:
        self.replicas.undivided = undivided
        if several == self._several:
            return
        self._several, self._since, self._lost = several, time.perf_counter(), 0.0
        self.replicas.workers.at_once = several
        if self.threads.blas > 1:
            self.blas.use(self.threads.blas if several else 1)
        self._begin_window()

    def _begin_window(self) -> None:
        self._seconds, self._steps = 0.0, 0
