"""Measures calls of layers, of a loss and of an optimizer while they work as usual."""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from nural.layer import Layer

#: The ``forward`` and ``backward`` of a layer.
Methods = tuple[Callable[..., np.ndarray], Callable[..., Any]]


@contextmanager
def in_place_of_methods(layers: Mapping[str, Any], methods: Callable[[str, Layer], Methods]) -> Iterator[None]:
    """Within the block these layers have the ``forward`` and ``backward`` that ``methods(name, layer)`` returns."""
    for name, layer in layers.items():
        layer.forward, layer.backward = methods(name, layer)
    try:
        yield
    finally:
        for layer in layers.values():
            del layer.forward, layer.backward


class Meter(Protocol):
    """Measures calls, which may contain each other."""

    def begin(self) -> None:
        """A call begins."""
        ...

    def end(self) -> float:
        """The innermost call under way ends; returns what it took."""
        ...


class Clock:
    """Seconds of each call."""

    def __init__(self) -> None:
        self._begun: list[float] = []

    def begin(self) -> None:
        """A call begins."""
        self._begun.append(time.perf_counter())

    def end(self) -> float:
        """The seconds of the innermost call under way."""
        return time.perf_counter() - self._begun.pop()


class Bytes:
    """The most bytes that each call had allocated at any time, as counted by `tracemalloc`, which must be started."""

    def __init__(self) -> None:
        self._open: list[tuple[int, int]] = []  # for each call under way: bytes at its beginning, the most so far

    def begin(self) -> None:
        """A call begins."""
        self._note_peak()
        now, _ = tracemalloc.get_traced_memory()
        self._open.append((now, now))

    def end(self) -> float:
        """The most bytes of the innermost call under way, beyond those before it."""
        self._note_peak()
        begun, most = self._open.pop()
        if self._open:  # the most within a call is also a maximum of the call around it
            before, most_around = self._open[-1]
            self._open[-1] = before, max(most_around, most)
        return most - begun

    def _note_peak(self) -> None:
        if self._open:
            begun, most = self._open[-1]
            self._open[-1] = begun, max(most, tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()


class Calls:
    """What the calls of layers, loss and update took, by part and name, in the order in which they began.

    Attributes:
        meter: What measures them.
        taken: What it found.
        depths: How many other calls contain each call.
        operations: Those of each layer's call, without the layers inside.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.taken: dict[tuple[str, str], list[float]] = {}
        self.depths: dict[tuple[str, str], int] = {}
        self.operations: dict[tuple[str, str], int] = {}
        self._depth = 0

    @contextmanager
    def watching(self, layers: dict[str, Layer], optimizer: Any) -> Iterator[None]:
        """Within the block the methods of these objects are measured."""
        optimizer.update = self.watched("update", "", optimizer.update)
        try:
            with in_place_of_methods(layers, self._watch):
                yield
        finally:
            del optimizer.update

    def watched(self, part: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, measured."""

        def call(*args: Any, **kwargs: Any) -> Any:
            taken = self.taken.setdefault((part, name), [])
            self.depths[part, name] = self._depth
            self._depth += 1
            self.meter.begin()
            try:
                return function(*args, **kwargs)
            finally:
                taken.append(self.meter.end())
                self._depth -= 1

        return call

    def _watch(self, name: str, layer: Any) -> Methods:
        """The layer's methods, measured."""
        forward = self.watched("forward", name, layer.forward)
        backward = self.watched("backward", name, layer.backward)
        shapes: list[tuple[int, ...]] = []

        def watched_forward(x: Any, train: bool = False) -> np.ndarray:
            y = forward(x, train)
            shapes[:] = (sum(part.size for part in x),) if isinstance(x, tuple) else x.shape, y.shape
            self.operations["forward", name] = layer.operations(*shapes)[0]
            return y

        def watched_backward(dy: np.ndarray, need_dx: bool = True) -> Any:
            self.operations["backward", name] = layer.operations(*shapes, need_dx)[1]
            return backward(dy, need_dx)

        return watched_forward, watched_backward
