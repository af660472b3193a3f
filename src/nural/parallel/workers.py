"""Threads that work side by side: NumPy's functions let go of Python's lock while they compute."""

import contextvars
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Workers:
    """Workers, of which the calling thread is the first; a context manager that ends the others' threads.

    Attributes:
        at_once: Whether they work at the same time. If not, the calling thread does what each would do, one after the
            other, and gets the same results.

    Args:
        count: The number of workers.

    Raises:
        ValueError: the number is below 1.
    """

    def __init__(self, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"Workers: expected a count of at least 1, got {count}")
        self.count, self.at_once = count, True
        self._tasks = [SimpleQueue[Any]() for _ in range(count - 1)]
        self._results = [SimpleQueue[Any]() for _ in range(count - 1)]
        self._threads: list[threading.Thread] = []

    def each(self, task: Callable[[int], Result], count: int | None = None) -> list[Result]:
        """The results of ``task(0)``, ``task(1)``, …, one from each worker.

        Each sees the caller's context variables, NumPy's `errstate` among them.

        Args:
            task: What worker i does is ``task(i)``.
            count: How many take part; by default all.

        Raises:
            BaseException: what a task raised, the first if several did; by then none is running any more.
        """
        count = self.count if count is None else count
        if count == 1 or not self.at_once:
            return [task(i) for i in range(count)]
        others = count - 1
        if not self._threads:
            self._start()
        for i in range(others):
            self._tasks[i].put((contextvars.copy_context(), task))
        outcomes = [_outcome(task, 0)]
        outcomes += [self._results[i].get() for i in range(others)]
        for _, error in outcomes:
            if error is not None:
                raise error
        return [result for result, _ in outcomes]

    def divide(self, function: Callable[[Any], None], items: Sequence[Any]) -> None:
        """Call ``function(item)`` for each of the items; each worker takes a contiguous share."""
        count = min(self.count, len(items)) or 1

        def part(i: int) -> None:
            for item in items[i * len(items) // count : (i + 1) * len(items) // count]:
                function(item)

        self.each(part, count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tasks in self._tasks[: len(self._threads)]:
            tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _start(self) -> None:
        for i in range(1, self.count):
            thread = threading.Thread(target=self._work, args=(i,), name=f"nural worker {i}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self, i: int) -> None:
        tasks, results = self._tasks[i - 1], self._results[i - 1]
        while (given := tasks.get()) is not None:
            context, task = given
            results.put(context.run(_outcome, task, i))
            del given, context, task  # an idle thread must not keep them alive


def _outcome(task: Callable[[int], Any], i: int) -> tuple[Any, BaseException | None]:
    """The result of ``task(i)`` and None, or None and what it raised."""
    try:
        return task(i), None
    except BaseException as error:
        return None, error
