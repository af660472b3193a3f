"""One batch over several processes, on one machine or on many: the ranks of MPI, the Message Passing Interface."""

import json
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from nural.parallel.replicas import shares
from nural.parallel.threads import cores


class RanksError(RuntimeError):
    """One or more ranks failed, so all of them end; the message says which rank, and why."""


#: What a rank can ask of all: to end after the step because a callback wants it, because of Ctrl-C, or because its loss
#: is not finite.
WISHES = ("end", "interrupt", "diverged")


class Ranks:
    """The processes that train one model together, each with its share of every batch, seen from one of them.

    Every rank has the whole model. In a step each computes the outputs of its rows, and all ranks get all outputs
    (Allgatherv). So each knows the loss of the whole batch, whatever the loss is, and takes its own rows of ∂L/∂y back
    through its model. The gradients are summed over the ranks (Iallreduce) while the backward pass goes on, and all
    ranks take the same update.

    Attributes:
        rank: This process's number, from 0.
        size: How many there are.
        first: Whether this is rank 0, which prints and writes.
        wishes: What this rank asks of all, some of `WISHES`; it travels with the gradients of the next step.
        granted: What any rank has asked for: the same on all ranks.

    Args:
        communicator: An ``mpi4py.MPI.Comm`` such as ``MPI.COMM_WORLD``. None stands for a single process, for which all
            methods do nothing.
    """

    def __init__(self, communicator: Any = None) -> None:
        self.communicator = communicator
        self.rank: int = 0 if communicator is None else communicator.Get_rank()
        self.size: int = 1 if communicator is None else communicator.Get_size()
        self.first = self.rank == 0
        self.wishes: set[str] = set()
        self.granted: set[str] = set()
        self._cuts: dict[int, tuple[list[slice], np.ndarray]] = {}

    def __str__(self) -> str:
        return f"rank {self.rank} of {self.size}"

    # -- shares ----------------------------------------------------------------------------------------------

    def share(self, n: int) -> slice:
        """The rows of a batch of n that this rank computes, as cut by `shares`.

        A rank for which the batch has too few rows computes the last share once more, without effect: so its random
        numbers stay those of the others; its `weight` is 0.
        """
        cut, _ = self._cut(n)
        return cut[min(self.rank, len(cut) - 1)]

    def weight(self, n: int) -> float:
        """The share of a batch of n rows that counts as this rank's own."""
        _, counts = self._cut(n)
        return counts[self.rank] / n

    def gathered(self, y: np.ndarray, n: int) -> np.ndarray:
        """The outputs of all ranks in the order of the batch, on every rank.

        Args:
            y: The outputs of this rank's `share` of the n rows.
            n: Rows of the whole batch.

        Returns:
            ``(n, …)``: y itself if there is one rank, else a new array.
        """
        if self.size == 1:
            return y
        out = np.empty((n, *y.shape[1:]), y.dtype)
        _, counts = self._cut(n)
        counts = counts * y[:1].size
        self.communicator.Allgatherv([np.ascontiguousarray(y), counts[self.rank]], [out, counts])
        return out

    def _cut(self, n: int) -> tuple[list[slice], np.ndarray]:
        """The shares of a batch of n rows, and how many rows of each rank count; cached, since few n occur."""
        if n not in self._cuts:
            cut = shares(n, self.size)
            lengths = [rows.stop - rows.start for rows in cut]
            self._cuts[n] = cut, np.array(lengths + [0] * (self.size - len(cut)))
        return self._cuts[n]

    def cores(self) -> int:
        """The cores of this machine per rank that runs on it, at least 1."""
        if self.size == 1:
            return cores()
        from mpi4py import MPI

        here = self.communicator.Split_type(MPI.COMM_TYPE_SHARED)
        try:
            return max(1, cores() // here.Get_size())
        finally:
            here.Free()

    # -- the same on all -------------------------------------------------------------------------------------

    def said_by(self, rank: int, sentence: str) -> str:
        """The sentence of one rank, on all ranks, after that rank's name; those of other ranks are ignored."""
        return sentence if self.size == 1 else f"rank {rank} of {self.size}: {self._text_of(rank, sentence)}"

    def _text_of(self, rank: int, text: str) -> str:
        letters = np.frombuffer(text.encode(), np.uint8).copy()
        length = np.array([len(letters)], np.int64)
        self.communicator.Bcast(length, root=rank)
        letters = letters if rank == self.rank else np.empty(length[0], np.uint8)
        self.communicator.Bcast(letters, root=rank)
        return letters.tobytes().decode()

    def from_first(self, value: Any) -> Any:
        """Rank 0's value, which JSON can hold; values of other ranks are ignored."""
        if self.size == 1:
            return value
        return json.loads(self._text_of(0, json.dumps(value, default=lambda array: array.tolist())))

    def fill_from_first(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Fill arrays, which have the same names and shapes on every rank, with rank 0's values."""
        if self.size == 1:
            return
        for array in arrays.values():
            sent = np.ascontiguousarray(array)
            self.communicator.Bcast(sent)
            if sent is not array:
                array[...] = sent

    def require_equal(self, settings: Mapping[str, Any]) -> None:
        """Raise ValueError on a rank whose settings, JSON by name, differ from those of rank 0."""
        if self.size == 1:
            return
        for name, expected in self.from_first(dict(settings)).items():
            own = json.loads(json.dumps(settings[name]))
            if own != expected:
                raise ValueError(f"{name} is {own!r} here and {expected!r} on rank 0; all ranks need the same")

    # -- failing together ------------------------------------------------------------------------------------

    @contextmanager
    def agreeing(self) -> Iterator[None]:
        """A block that succeeds on all ranks or fails on all; it must not communicate with other ranks itself.

        Raises:
            RanksError: on every rank, with the message of the lowest rank that failed. A single process raises the
                error itself.
        """
        cause: Exception | None = None
        try:
            yield
        except Exception as error:
            if self.size == 1:
                raise
            cause = error
        failing = self.lowest(None if cause is None else 0)
        if failing is not None:
            sentence = "" if cause is None else str(cause) or type(cause).__name__
            raise RanksError(self.said_by(failing, sentence)) from cause

    def lowest(self, number: int | None) -> int | None:
        """The rank that calls this with the lowest number, the first of several; None if all ranks pass None."""
        if self.size == 1:
            return None if number is None else 0
        from mpi4py import MPI

        none = np.iinfo(np.int64).max
        place = np.array([none if number is None else number * self.size + self.rank])
        self.communicator.Allreduce(MPI.IN_PLACE, place, op=MPI.MIN)
        return None if place[0] == none else int(place[0]) % self.size

    def agree(self) -> None:
        """Exchange the wishes of all ranks now, instead of with the gradients of the next step."""
        if self.size == 1:
            self.granted = set(self.wishes)
            return
        from mpi4py import MPI

        asked = np.array([wish in self.wishes for wish in WISHES], np.int8)
        self.communicator.Allreduce(MPI.IN_PLACE, asked, op=MPI.MAX)
        self.granted = {wish for wish, any_asks in zip(WISHES, asked, strict=True) if any_asks}

    def ask(self, now: bool, **wishes: bool) -> None:
        """Add to this rank's wishes; with ``now``, or with a single process, all ranks know them at once."""
        self.wishes |= {name for name, wished in wishes.items() if wished}
        if now or self.size == 1:
            self.agree()

    @contextmanager
    def together(self, agreed: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
        """A block in which the ranks wait for each other: an error on one of them ends all processes at once.

        It is reported on stderr in one sentence, and ``Abort(2)`` makes the launcher end the other ranks, which would
        wait for ever. Exceptions of the ``agreed`` types, which all ranks raise alike, are raised as usual.
        """
        try:
            yield
        except (*agreed, RanksError):
            raise
        except BaseException as error:
            if self.size == 1 or (isinstance(error, KeyboardInterrupt) and "interrupt" in self.granted):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
            print(f"nural: {self} ends the training for all: {what}", file=sys.stderr, flush=True)
            sys.stdout.flush()
            self.communicator.Abort(2)
