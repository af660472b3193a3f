"""A learner's functions learn MNIST: first beside PyTorch's or the reference's, then alone, to the track's goal."""

import importlib.util
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.data import load_mnist_datasets
from nural.learn.calling import sentence_of
from nural.learn.running import NotLoaded
from nural.learn.tracks.culprit import culprit
from nural.learn.tracks.folder import Started
from nural.learn.tracks.loading import learners, solutions
from nural.learn.tracks.track import TRAIN, TWIN

#: What a train.py has.
NAMES = "BATCH_SIZE", "EPOCHS", "targets", "initial_weights", "step", "train", "accuracy"
#: How far two losses may be apart, of one that is larger than 1 relative to it.
EQUAL = 1e-10
#: Digits that are judged at once.
AT_ONCE = 500
#: Digits of the validation set by which experiments are judged.
JUDGED = 2000


class Training:
    """The functions of a started folder, and what they learn.

    Attributes:
        started: The folder.
        other: Whose losses stand beside the learner's: "PyTorch", or "" for the reference's.
        train: The learner's train.py.
        steps: The steps of an epoch.

    Args:
        started: The folder.
        images: How many digits there are to learn from.

    Raises:
        NotLoaded: A module of the folder cannot be run; the message is one sentence.
    """

    def __init__(self, started: Started, images: int = 50_000) -> None:
        self.started = started
        self.modules = learners(started)
        self.train: Any = self.modules[_name(TRAIN)]
        missing = [name for name in NAMES if not hasattr(self.train, name)]
        if missing:
            raise NotLoaded(f"{TRAIN} has no {', '.join(missing)} any more")
        has_twin = any(module.file == TWIN for module in started.track.modules)
        self.other = "PyTorch" if has_twin and importlib.util.find_spec("torch") else ""
        self.sets = [(x[:images], labels[:images]) for x, labels in load_mnist_datasets()]
        if not 1 <= self.train.BATCH_SIZE <= images:
            raise NotLoaded(f"BATCH_SIZE in {TRAIN} must be from 1 to {images}, got {self.train.BATCH_SIZE}")
        self.steps = len(self.sets[0][0]) // self.train.BATCH_SIZE
        self.weights: Any = None

    def proof(self) -> float | None:
        """The largest difference between numerical gradient and backpropagation, if train.py has such a proof."""
        try:
            return float(self.train.proof()) if hasattr(self.train, "proof") else None
        except Exception as error:
            raise _sentence(error) from None

    def beside(self, count: int) -> Iterator[tuple[float, float]]:
        """Your loss and the other's, step by step, from the same weights on the same batches.

        Raises:
            NotLoaded: One of your functions raises an exception; the message has its line.
        """
        right = solutions(self.started, self.train, with_twin=bool(self.other))
        other: Any = right[_name(TRAIN)]
        theirs = other.initial_weights(np.random.default_rng(0))
        if self.other:
            twin: Any = right[_name(TWIN)]
            theirs, other.step = twin.network(theirs), twin.step
        x, labels = self.sets[0]
        their_losses = other.train(theirs, x, other.targets(labels), np.random.default_rng(1))
        for _, (mine, loss) in zip(range(count), zip(self._losses(), their_losses, strict=False), strict=False):
            if not (math.isfinite(mine) or math.isfinite(loss)):
                raise _diverged(mine)
            yield mine, float(loss)

    def culprit(self, count: int) -> str | None:
        """The function that first returns something else than the right one in so many steps, given the same."""
        right = solutions(self.started, self.train, with_twin=False)
        other: Any = right[_name(TRAIN)]

        def run() -> None:
            x, labels = self.sets[0]
            weights = other.initial_weights(np.random.default_rng(0))
            for _ in zip(
                range(count), other.train(weights, x, other.targets(labels), np.random.default_rng(1)), strict=False
            ):
                pass

        return culprit(self.started.track, self.modules, right, run)

    def experiments(self) -> Iterator[tuple[str, str, Iterator[tuple[int, Any, Any]]]]:
        """What train.py tries without one of the functions and with it: the function, what it shows, and the rows.

        A row is the number of the step, and without and with it: (loss, accuracy on the validation set).
        """
        sets = *self.sets[0], *(part[:JUDGED] for part in self.sets[1])
        words = next(module.words for module in self.started.track.modules if module.file == TRAIN)
        for function, steps, without, change in getattr(self.train, "experiments", tuple)():
            shows = words[self.started.language].get(function, "")  # an experiment may be the learner's own
            settings = without, {**without, **change}
            runs = [self.train.experiment(each, steps, *sets) for each in settings]
            yield function, shows, self._rows(*runs)

    def _rows(self, without: Iterator[Any], with_it: Iterator[Any]) -> Iterator[tuple[int, Any, Any]]:
        try:
            with np.errstate(all="ignore"):
                for (step, *before), (_, *after) in zip(without, with_it, strict=True):
                    yield step, before, after
        except Exception as error:
            raise NotLoaded(sentence_of(error)) from None

    def learn(self) -> Iterator[float]:
        """The loss of each step of all epochs; `weights` are then what was learned."""
        for loss in self._losses():
            if not math.isfinite(loss):
                raise _diverged(loss)
            yield loss

    def accuracy(self, which: int) -> float:
        """On the training (0), validation (1) or test set (2)."""
        x, labels = self.sets[which]
        right = 0.0
        try:
            t = self.train.targets(labels)
            for begin in range(0, len(x), AT_ONCE):
                part = slice(begin, begin + AT_ONCE)
                right += float(self.train.accuracy(self.weights, x[part].astype(np.float64), t[part])) * len(x[part])
        except Exception as error:
            raise _sentence(error) from None
        return right / len(x)

    def _losses(self) -> Iterator[float]:
        try:
            x, labels = self.sets[0]
            t = self.train.targets(labels)
            self.weights = self.train.initial_weights(np.random.default_rng(0))
            for loss in self.train.train(self.weights, x, t, np.random.default_rng(1)):
                yield float(loss)
        except Exception as error:
            raise _sentence(error) from None


def equal(mine: float, theirs: float) -> bool:
    """Whether two losses are the same but for rounding."""
    return abs(mine - theirs) <= EQUAL * max(1, abs(theirs))


def _diverged(loss: float) -> NotLoaded:
    return NotLoaded(f"the loss became {loss}: try a smaller learning rate in {TRAIN}")


def _sentence(error: Exception) -> NotLoaded:
    unwritten = isinstance(error, NotImplementedError)
    return NotLoaded(f"{error}: nural learn check" if unwritten else sentence_of(error))


def _name(file: str) -> str:
    return file.removesuffix(".py")
