"""How many threads a training uses, and for what: workers that share a batch, or the matrix products of one."""

import math
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from nural.data.batches import Samples, rows
from nural.layer import Layer

#: Batches of fewer samples are not divided; batch norm needs two.
LEAST_ROWS = 2
#: The least rows of a batch that are worth a worker.
ROWS_OF_A_WORKER = 8
#: The least values in a step that are worth a worker, since each call waits for Python's lock. With two, the step of 64
#: images of LeNet, 2.8 million values each, took 1.3 times as long as with one; that of 16 images of PyTorch's example,
#: 5.5 million each, 0.9 times as long, and of 64 images 0.7 times.
VALUES_OF_A_WORKER = 4_000_000
#: How many multiplications one use of all weights should take to be worth dividing by BLAS.
MULTIPLICATIONS = 4_000_000


@dataclass(frozen=True)
class Threads:
    """Threads of a training, ``workers * blas`` in all.

    Attributes:
        workers: Each takes a share of each batch through all layers, on a replica of the network.
        blas: How many threads a matrix product of each worker has.

    Raises:
        ValueError: a number is below 1.
    """

    workers: int = 1
    blas: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1 or self.blas < 1:
            raise ValueError(f"Threads: workers and blas must be at least 1, got {self.workers} and {self.blas}")

    def __str__(self) -> str:
        def several(n: int, what: str) -> str:
            return f"{n} {what}" if n == 1 else f"{n} {what}s"

        if self.workers == 1:
            return several(self.blas, "BLAS thread")
        return f"{several(self.workers, 'worker')}, {several(self.blas, 'BLAS thread')} each"


def choose_threads(threads: Any, model: Layer, x: Samples, batch_size: int, available: int | None = None) -> Threads:
    """What ``threads`` means for this training; the same on all machines with the same number of cores.

    A network whose layers compute more values than it has weights gains from workers, each of which does a share of all
    the work but has to add up the gradients of all weights. A network with more weights than values consists mostly of
    matrix products, which BLAS divides. Convolutions, recurrent layers and large batches are of the first kind, fully
    connected layers with small batches of the second. If "auto" finds too few values for workers, it leaves as much as
    possible to BLAS.

    Args:
        threads: "auto": one for each of the `cores`, or one where a step has too little work. An integer: that number.
            `Threads`: themselves.
        model: With its weights drawn. Two samples go through a replica of it.
        x: Inputs, ``(N, …)``.
        batch_size: Samples per step.
        available: The cores that "auto" may count on; by default all that this process may use.

    Raises:
        ValueError: threads is none of these, or the inputs do not fit the network.
    """
    if isinstance(threads, Threads):
        return threads
    auto = isinstance(threads, str) and threads == "auto"
    if not auto and not (isinstance(threads, int) and threads >= 1):
        raise ValueError(f'threads must be "auto", at least 1, or Threads(workers, blas), got {threads!r}')
    available = cores() if available is None else available
    most = available if auto else int(threads)
    n = min(batch_size, len(x))
    if most == 1 or n < LEAST_ROWS:
        return Threads()
    weights = sum(math.prod(shape) for shape in model.all_shapes().values())
    values = n * _values_of_a_sample(model, x)
    workers = min(most, n // ROWS_OF_A_WORKER, values // VALUES_OF_A_WORKER if auto else most)
    if values > weights and workers > 1:
        return Threads(workers=workers)
    return Threads(blas=most) if not auto or n * weights > MULTIPLICATIONS else Threads()


def cores() -> int:
    """How many cores this process may use; ``OMP_NUM_THREADS``, if set, may reduce it."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wish = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(count, int(wish))) if wish.isdecimal() else count


def _values_of_a_sample(model: Layer, x: Samples) -> int:
    """How many values all layers keep or compute for one sample in training, forward and backward."""
    twin = model.replica()
    with np.errstate(all="ignore"):
        y = twin.forward(np.asarray(rows(x, 0, LEAST_ROWS), model.dtype), train=True)
        twin.backward(np.zeros_like(y), need_dx=False)
    return buffered(twin) // LEAST_ROWS


def buffered(layer: Layer) -> int:
    """How many values the buffers of a layer and of the layers inside hold."""
    return sum(buffer.size for buffer in layer.all_buffers())


@cache
def _blas_libraries() -> list[Any]:
    """The controls of the BLAS libraries of this process; finding them takes as long as a hundred small steps."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


class BlasThreads:
    """The number of threads of BLAS; a context manager that restores it.

    Most libraries have one number for the whole process. If several threads are in such blocks, it is what the block
    asks for that was entered last; when all are left, it is what it was before the first. If each thread has its own
    number, as in OpenBLAS built with OpenMP, each gets its own back.
    """

    _lock = threading.Lock()
    _entered: ClassVar[list["BlasThreads"]] = []
    _outside: ClassVar[list[int]] = []

    def __init__(self, count: int) -> None:
        self._libraries = _blas_libraries()
        self._before: list[int] = []
        self.count = count

    def use(self, count: int) -> None:
        """Let products have ``count`` threads from now on."""
        with self._lock:
            self.count = count
            if self._entered:
                self._set([self._entered[-1].count] * len(self._libraries))

    def __enter__(self) -> Self:
        with self._lock:
            self._before = [library.num_threads for library in self._libraries]
            if not self._entered:
                self._outside[:] = self._before
            self._entered.append(self)
            self._set([self.count] * len(self._libraries))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._entered.remove(self)
            common = [self._entered[-1].count] * len(self._libraries) if self._entered else self._outside
            self._set(
                own if getattr(library, "threading_layer", "") == "openmp" else shared
                for library, own, shared in zip(self._libraries, self._before, common, strict=True)
            )

    def _set(self, counts: Iterable[int]) -> None:
        for library, count in zip(self._libraries, counts, strict=True):
            # threadpoolctl's own from 3.8 works for one thread alone; with this lock several take turns.
            getattr(library, "_real_set_num_threads", library.set_num_threads)(count)
