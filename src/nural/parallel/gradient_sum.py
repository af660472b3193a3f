"""Gradients summed over MPI ranks while the backward pass goes on."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from nural.layer import Layer
from nural.parallel.ranks import WISHES, Ranks

#: Gradients of at least this many bytes are summed in place; smaller ones are packed into messages of this size.
#: Between two ranks on one machine, sizes from 4 KiB to 1 MiB took the same time.
MESSAGE_BYTES = 1 << 18


class GradientSum:
    """Sums a model's gradients over the ranks, message by message, from the last layer to the first.

    A message is sent as soon as its layers have filled their gradients, so it travels while the layers before them
    compute (MPI's Iallreduce). The last message also carries the small things that all ranks need: the running
    statistics, which become the mean over the batch's rows, and what each rank asks for.

    Args:
        ranks: The ranks that take part; with one, nothing is sent.
        model: Its ``grads`` and ``state`` are filled.
    """

    def __init__(self, ranks: Ranks, model: Layer) -> None:
        self.ranks, self.model = ranks, model
        self._requests: list[Any] = []
        self._messages: list[_Message] = []
        self._ready = set[str]()
        self._extra = np.zeros(0)
        if ranks.size == 1:
            return
        self._extra = np.zeros(len(WISHES) + sum(value.size for value in model.state.values()), model.dtype)
        packed: dict[str, np.ndarray] = {}
        for name, gradient in reversed(model.grads.items()):
            if gradient.nbytes >= MESSAGE_BYTES and gradient.flags.c_contiguous:
                self._messages.append(_Message({name: gradient}))
                continue
            packed[name] = gradient
            if sum(array.nbytes for array in packed.values()) >= MESSAGE_BYTES:
                self._messages.append(_Message(packed))
                packed = {}
        self._messages.append(_Message(packed | {"": self._extra}))
        model.gradients_ready = self._child_ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.model.gradients_ready = None

    def finish(self, weight: float) -> None:
        """After the backward pass: fill gradients and running statistics with those over all ranks.

        Args:
            weight: This rank's share of the batch's rows; if 0, its gradients count as zeros.
        """
        ranks = self.ranks
        if ranks.size == 1:
            ranks.granted = set(ranks.wishes)
            return
        if weight == 0:
            for gradient in self.model.grads.values():
                gradient.fill(0)
        self._extra[: len(WISHES)] = [wish in ranks.wishes for wish in WISHES]
        begin = len(WISHES)
        for value in self.model.state.values():
            self._extra[begin : begin + value.size] = weight * value.reshape(-1)
            begin += value.size
        self._send(self._messages[len(self._requests) :])
        for message, request in zip(self._messages, self._requests, strict=True):
            request.Wait()
            message.unpack()
        self._requests.clear()
        self._ready.clear()
        ranks.granted = {wish for wish, asked in zip(WISHES, self._extra, strict=False) if asked}
        begin = len(WISHES)
        for value in self.model.state.values():
            value[...] = self._extra[begin : begin + value.size].reshape(value.shape)
            begin += value.size

    def _child_ready(self, child: str) -> None:
        """Send the messages that waited for this layer, in the order in which every rank sends."""
        self._ready.add(child)
        waiting = self._messages[len(self._requests) : -1]
        for message in waiting:
            if not message.layers <= self._ready:
                break
            self._send([message])
        for request in self._requests:
            request.Test()  # most MPI libraries move data only while they are called

    def _send(self, messages: Sequence["_Message"]) -> None:
        from mpi4py import MPI

        for message in messages:
            self._requests.append(self.ranks.communicator.Iallreduce(MPI.IN_PLACE, message.pack(), op=MPI.SUM))


class _Message:
    """Arrays that travel as one: packed one after another, or a single array in place."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.layers = {name.split(".")[0] for name in arrays}
        self.arrays = list(arrays.values())
        alone = len(self.arrays) == 1 and self.arrays[0].flags.c_contiguous
        total = sum(array.size for array in self.arrays)
        self.packed = self.arrays[0] if alone else np.empty(total, np.result_type(*self.arrays))
        ends = np.cumsum([array.size for array in self.arrays])
        self.slices = [] if alone else [slice(end - a.size, end) for a, end in zip(self.arrays, ends, strict=True)]

    def pack(self) -> np.ndarray:
        for array, part in zip(self.arrays, self.slices, strict=False):
            self.packed[part] = array.reshape(-1)
        return self.packed

    def unpack(self) -> None:
        for array, part in zip(self.arrays, self.slices, strict=False):
            array[...] = self.packed[part].reshape(array.shape)
