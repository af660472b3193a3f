"""The one training of the page, on its own thread, which alone touches it."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from nural.evaluation.saliency import first_filters
from nural.training.divergence import DivergedError
from nural.web.courtesy import Courtesy
from nural.web.digits import Digits
from nural.web.models import TRAINING, Models
from nural.web.problem import Problem
from nural.web.run import Run
from nural.web.settings import Settings

#: How many filters of the first layer the page shows.
MOST_FILTERS = 24
#: Seconds between two measurements: about ten a second.
INTERVAL = 0.1
#: Seconds between two copies of the network for the views other than Train.
PUBLISHED = 0.5
NONE, PAUSED, RUNNING, FINISHED, DIVERGED = "none", "paused", "running", "finished", "diverged"


class Session:
    """Takes orders, runs the training between them, and publishes copies that nobody changes.

    Attributes:
        status: A few present numbers, which event streams send; a change replaces the whole object. A later status has
            a larger ``told``, since an answer and an event may overtake each other.

    Args:
        digits: The digits to learn from.
        models: Where the network in training and its snapshots are published.
        courtesy: Says when the training must wait for readings.
    """

    def __init__(self, digits: Digits, models: Models, courtesy: Courtesy) -> None:
        self._digits, self._models, self._courtesy = digits, models, courtesy
        self._orders: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._changed = threading.Condition()
        self._run: Run | None = None
        self._state = NONE
        self._left = 0.0  # how many steps may be taken
        self._generation = 0  # grows whenever the kept measurements change, other than by an addition
        self._error: str | None = None
        self._measured_at = self._published_at = 0.0
        self._published: set[str] = set()
        self._told = itertools.count(int(1000 * time.time()))  # so that those of a later server are larger
        self._closing = False
        self.status: dict[str, Any] = self._describe()
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)
        self._thread.start()

    # -- orders, from any thread -------------------------------------------------------------------------------

    def order(self, what: Callable[[], Any]) -> Future[Any]:
        """Have the thread call ``what`` between two steps; the future holds what that returns or raises."""
        future: Future[Any] = Future()
        with self._changed:
            self._orders.append((what, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """End the thread after the step under way."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    # -- what an order may do: called on the thread ------------------------------------------------------------

    def create(self, settings: Settings) -> dict[str, Any]:
        """Replace the training by a new one.

        Raises:
            Problem: the training is running.
        """
        if self._state == RUNNING:
            raise Problem("a training is running; pause it before another begins", 409)
        pinned = None if self._run is None else self._run.pinned
        self._run = Run(settings, self._digits.get("training"), self._digits.get("validation"))
        self._run.pin(pinned)
        self._begins_anew(PAUSED)
        return self.report()

    def go(self, steps: Callable[[Run], float]) -> dict[str, Any]:
        """Let the training take ``steps`` steps.

        Raises:
            Problem: there is no training, it is running, or it has ended.
        """
        run = self._there()
        if self._state == RUNNING:
            raise Problem("the training is running already", 409)
        if self._state == DIVERGED:
            raise Problem("the training has diverged; go back to a snapshot, with a smaller learning rate", 409)
        if run.finished:
            raise Problem("all epochs are over; more of them can be asked for", 409)
        self._left, self._state = steps(run), RUNNING
        self._tell()
        return self.status

    def pause(self) -> dict[str, Any]:
        """Stop after the present step."""
        self._there()
        if self._state == RUNNING:
            self._stop(PAUSED)
        return self.status

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        """Go on with other settings."""
        run = self._there()
        run.change(run.settings.changed(body))
        if self._state in (PAUSED, FINISHED):
            self._state = FINISHED if run.finished else PAUSED
        self._generation += 1
        self._tell()
        return self.report()

    def restore(self, step: int) -> dict[str, Any]:
        """Go back to a snapshot, and pause there."""
        run = self._there()
        if step not in run.snapshots:
            raise Problem("there is no snapshot of this step", 404)
        run.restore(step)
        self._begins_anew(PAUSED)
        return self.report()

    def pin(self, pixels: np.ndarray | None) -> dict[str, Any]:
        """Follow this drawing; None for no drawing."""
        self._there().pin(pixels)
        self._generation += 1
        self._tell()
        return self.report()

    def report(self) -> dict[str, Any]:
        """All about the training: status, settings, layers, measurements, snapshots."""
        run = self._run
        if run is None:
            return self.status
        return {
            **self.status,
            "settings": run.settings.as_json(),
            "layers": run.layers,
            "measurements": list(run.measurements),
            "snapshots": [{"step": each.step, "epoch": each.epoch} for each in run.snapshots.values()],
            "pinned": run.pinned,
        }

    def filters(self) -> tuple[np.ndarray, int]:
        """The present filters of the first layer that learns, ``(count, height, width)``, and the step."""
        run = self._there()
        found = first_filters(run.model)
        return np.zeros((0, 1, 1), np.float32) if found is None else found[:MOST_FILTERS], run.step

    # -- the thread --------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._orders or self._left > 0)
                if self._closing:
                    return
                orders = list(self._orders)
                self._orders.clear()
            for what, future in orders:
                try:
                    future.set_result(what())
                except Exception as error:
                    future.set_exception(error)
            if self._run is not None and self._left > 0:
                self._courtesy.wait()
                self._advance(self._run)

    def _advance(self, run: Run) -> None:
        """One step."""
        last = self._left <= 1 or run.position + 1 >= run.settings.epochs * run.steps_of_epoch
        now = time.monotonic()
        measured = last or now - self._measured_at >= INTERVAL
        try:
            run.advance(measured, judged=last)
        except DivergedError as error:
            self._error = str(error)
            self._stop(DIVERGED)
            return
        self._left -= 1
        if measured:
            self._measured_at = now
            if last:
                self._stop(FINISHED if run.finished else PAUSED)
            else:
                self._publish(run, now)
                self._tell()

    def _stop(self, state: str) -> None:
        run = self._there()
        self._left, self._state = 0, state
        if state != DIVERGED:
            run.keep()
            self._publish(run)
        self._tell()

    def _begins_anew(self, state: str) -> None:
        self._left, self._state, self._error = 0, state, None
        self._generation += 1
        self._publish(self._there())
        self._tell()

    def _publish(self, run: Run, now: float | None = None) -> None:
        """Publish copies of the network as it is now; if a time is given, only if the last copy is old."""
        if now is not None and now - self._published_at < PUBLISHED:
            return
        self._published_at = time.monotonic()
        names = {f"snapshot:{step}": kept.model for step, kept in run.snapshots.items()}
        self._models.withdraw(*self._published.difference(names))
        for name, model in names.items():
            self._models.publish(name, model)
        self._models.publish(TRAINING, run.copied())
        self._published = set(names)

    def _there(self) -> Run:
        if self._run is None:
            raise Problem("there is no training yet", 409)
        return self._run

    def _tell(self) -> None:
        self.status = self._describe()

    def _describe(self) -> dict[str, Any]:
        run = self._run
        status = {
            "told": next(self._told),
            "generation": self._generation,
            "state": self._state,
            "error": self._error,
        }
        if run is None:
            return status
        return status | {
            "step": run.step,
            "epoch": run.epoch,
            "epochs": run.settings.epochs,
            "measurement": run.measurements[-1],
            "last_snapshot": max(run.snapshots),
            "published": self._published_at,
        }
