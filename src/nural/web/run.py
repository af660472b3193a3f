"""One training on the page: `nural.train` step by step, with what is measured on the way and snapshots to return to."""

import copy
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.containers import Sequential
from nural.data import Batches
from nural.optimizers import Optimizer
from nural.training.history import Progress
from nural.training.loop import train
from nural.web.measurements import JUDGED, gradient_norms, judge, layers_of, read_pinned, update_ratios
from nural.web.settings import Settings

Set = tuple[np.ndarray, np.ndarray]
#: How many measurements are kept for the curves; if there are more, every second one of the older half is dropped.
MOST_MEASUREMENTS = 1_500
MOST_SNAPSHOTS, MOST_BYTES = 60, 96 << 20
#: The share of time that judging the network may take.
JUDGING = 0.15


@dataclass(frozen=True)
class Snapshot:
    """A training after some step, complete: from here it goes on as it did.

    Attributes:
        step: The number of updates made.
        epoch: How often the digits were seen.
        model: The network, with its own arrays, which nobody changes.
        running: The optimizer's arrays.
        generators: The state of each of the model's generators.
    """

    step: int
    epoch: float
    model: Sequential
    running: dict[str, np.ndarray]
    generators: dict[str, Any]

    @property
    def bytes(self) -> int:
        """The size of weights and running arrays."""
        arrays = (*self.model.params.values(), *self.model.state.values(), *self.running.values())
        return sum(array.nbytes for array in arrays)


class Run:
    """A training that can stop after any step, change while it goes on, and go back.

    Attributes:
        measurements: What was measured, oldest first; each is JSON.
        snapshots: The snapshots by step, oldest first.

    Args:
        settings: The settings of the training.
        training: MNIST's training set.
        validation: Its validation set.
    """

    def __init__(self, settings: Settings, training: Set, validation: Set) -> None:
        self.settings = settings
        x, y = (each[: settings.samples] for each in training)
        self.x, self.y = settings.learned_from(x, y)
        self.judged = {
            "training": (x[:JUDGED], y[:JUDGED]),
            "validation": (validation[0][:JUDGED], validation[1][:JUDGED]),
        }
        self.model = settings.build()
        self.optimizer = settings.new_optimizer()
        self.layers = layers_of(self.model)
        self.measurements: list[dict[str, Any]] = []
        self.snapshots: dict[int, Snapshot] = {}
        self.pinned: np.ndarray | None = None
        self.position = 0
        self._losses: list[float] = []
        self._spacing = 1
        self._judged_at, self._judging_took = 0.0, 0.0
        self._steps = self._from_here()
        self.measure(None)

    # -- the steps ---------------------------------------------------------------------------------------------

    def _from_here(self) -> Generator[Progress]:
        """The steps from ``position`` on, taken as they are asked for."""
        chosen = self.settings
        share = chosen.share_of_rate(self.steps_of_epoch)
        yield from train(
            self.model,
            self.x,
            self.y,
            epochs=chosen.epochs,
            batch_size=chosen.batch_size,
            drop_last=chosen.drop_last,
            optimizer=self.optimizer,
            loss=chosen.loss(),
            augment=chosen.augment(),
            schedule=lambda step: self.settings.learning_rate * share(step),
            seed=chosen.seed,
            threads=1,
            start=self.position,
        )

    @property
    def step(self) -> int:
        """The number of updates made."""
        return self.optimizer.steps

    @property
    def steps_of_epoch(self) -> int:
        """The number of steps in an epoch."""
        return len(Batches(self.x, self.y, self.settings.batch_size, drop_last=self.settings.drop_last))

    @property
    def epoch(self) -> float:
        """How often the digits were seen."""
        return self.position / self.steps_of_epoch

    @property
    def finished(self) -> bool:
        """Whether all epochs are over."""
        return self.position >= self.settings.epochs * self.steps_of_epoch

    def left_in_epoch(self) -> int:
        """The number of steps to the end of this epoch, or of the next if this one has ended."""
        return self.steps_of_epoch - self.position % self.steps_of_epoch

    def advance(self, measured: bool, judged: bool = False) -> None:
        """Take one step, and measure it if wanted; for ``judged`` see `measure`.

        Raises:
            DivergedError: the loss or a weight is no longer finite.
        """
        before = {name: W.copy() for name, W in self.model.params.items()} if measured else None
        progress = next(self._steps)
        self.position = progress.step
        self._losses.append(progress.loss)
        if before is not None:
            self.measure(before, judged)

    # -- what is measured --------------------------------------------------------------------------------------

    def measure(self, before: dict[str, np.ndarray] | None, judged: bool = False) -> None:
        """Add a measurement.

        Args:
            before: The weights before the last step; without them, gradients and updates are left out.
            judged: Whether to judge the network even if this was done shortly before.
        """
        measurement: dict[str, Any] = {
            "step": self.step,
            "epoch": self.epoch,
            "rate": self.optimizer.learning_rate,
            "loss": float(np.mean(self._losses)) if self._losses else None,
            "pinned": read_pinned(self.model, self.pinned),
        }
        self._losses = []
        if before is not None:
            measurement |= {"gradients": gradient_norms(self.model), "updates": update_ratios(before, self.model)}
        now = time.monotonic()
        if judged or now - self._judged_at > self._judging_took / JUDGING:
            measurement |= {name: judge(self.model, *digits) for name, digits in self.judged.items()}
            self._judged_at = time.monotonic()
            self._judging_took = self._judged_at - now
        self.measurements.append(measurement)
        if len(self.measurements) > MOST_MEASUREMENTS:
            half = len(self.measurements) // 2
            del self.measurements[1:half:2]
        if not self.snapshots or self.step >= max(self.snapshots) + self._spacing:
            self.keep()

    def keep(self) -> None:
        """Add a snapshot; if they become too many or too large, every second one is dropped, but never the first."""
        running = {name: array.copy() for name, array in self.optimizer.state.items()}
        generators = {name: copy.deepcopy(rng.bit_generator.state) for name, rng in self.model.generators().items()}
        self.snapshots[self.step] = Snapshot(self.step, self.epoch, self.copied(), running, generators)
        while len(self.snapshots) > MOST_SNAPSHOTS or (
            len(self.snapshots) > 3 and sum(each.bytes for each in self.snapshots.values()) > MOST_BYTES
        ):
            kept = list(self.snapshots)[::2]
            self.snapshots = {step: self.snapshots[step] for step in kept}
            self._spacing = max(2 * self._spacing, kept[-1] - kept[-2])

    def copied(self) -> Sequential:
        """A copy of the network with its own arrays."""
        return self.model.astype(self.model.dtype)

    def pin(self, pixels: np.ndarray | None) -> None:
        """Follow this drawing; at earlier steps the answers are those of their snapshots."""
        self.pinned = pixels
        for measurement in self.measurements:
            snapshot = self.snapshots.get(measurement["step"])
            measurement["pinned"] = None if snapshot is None else read_pinned(snapshot.model, pixels)
        self.measurements[-1]["pinned"] = read_pinned(self.model, pixels)

    # -- changes -----------------------------------------------------------------------------------------------

    def change(self, settings: Settings) -> None:
        """Go on with other settings, which differ in what may change."""
        epoch, self.settings = self.epoch, settings
        fresh = settings.new_optimizer()
        fresh.steps = self.optimizer.steps
        if set(fresh.slots) == set(self.optimizer.slots):  # otherwise momentum, with its arrays, begins or ends
            fresh.state = self.optimizer.state
        self._go_on(epoch, fresh)

    def restore(self, step: int) -> None:
        """Go back to a snapshot; what came after it is forgotten."""
        snapshot = self.snapshots[step]
        for group in ("params", "state"):
            for name, array in getattr(self.model, group).items():
                array[...] = getattr(snapshot.model, group)[name]
        for name, rng in self.model.generators().items():
            rng.bit_generator.state = copy.deepcopy(snapshot.generators[name])
        optimizer = self.settings.new_optimizer()
        optimizer.steps = snapshot.step
        optimizer.state = {name: array.copy() for name, array in snapshot.running.items()}
        self.snapshots = {other: kept for other, kept in self.snapshots.items() if other <= step}
        self.measurements = [measurement for measurement in self.measurements if measurement["step"] <= step]
        self._losses = []
        self._go_on(snapshot.epoch, optimizer)

    def _go_on(self, epoch: float, optimizer: Optimizer) -> None:
        """Make the next step the one after ``epoch`` epochs."""
        self._steps.close()
        self.optimizer = optimizer
        self.position = round(epoch * self.steps_of_epoch)
        self._steps = self._from_here()
