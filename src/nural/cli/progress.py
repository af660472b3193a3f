"""The progress of a training: a live bar on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nural.layer import Layer
from nural.training.callbacks import Callback
from nural.training.history import History
from nural.training.history import Progress as StepProgress

BAR_SECONDS, LINE_SECONDS = 0.1, 10.0


class TrainingProgress(Callback):
    """Shows loss, validation accuracy, images per second and time left; a line stays for every epoch.

    Args:
        console: Where to; a live bar is drawn if it is a terminal, otherwise a line appears every ten seconds too.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.samples = 0
        self.epoch_begun = self.shown_at = time.perf_counter()
        self.accuracy = ""
        self.wide = console.width >= 72
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=None, epoch="1", numbers="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def on_step(self, model: Layer, progress: StepProgress) -> None:
        """Move the bar, ten times a second at most."""
        self.samples += progress.samples
        now = time.perf_counter()
        live = self.console.is_terminal
        if now - self.shown_at < (BAR_SECONDS if live else LINE_SECONDS) and progress.step < progress.steps:
            return
        self.shown_at = now
        rate = self._rate(now)
        if live:
            self.bar.update(
                self.task,
                completed=progress.step,
                total=progress.steps,
                epoch=f"{progress.epoch}/{progress.epochs}",
                numbers=f"loss {progress.loss:.4f}" + f"{self.accuracy}  {rate:,.0f} images/s" * self.wide,
            )
        elif not progress.ends_epoch:
            left = (progress.steps - progress.step) * progress.samples / rate
            step = f"step {progress.step}/{progress.steps}"
            self._line(f"  {step}  loss {progress.loss:.4f}  {rate:,.0f} images/s  {left:.0f} s left")

    def on_epoch(self, model: Layer, history: History) -> None:
        """A line for the epoch."""
        row = history.epochs[-1]
        if "val_accuracy" in row:
            self.accuracy = f"  validation {100 * row['val_accuracy']:.2f}%"
        now = time.perf_counter()
        rate = self._rate(now)
        self._line(f"epoch {row['epoch']:>3}  loss {row['loss']:.4f}{self.accuracy}  {rate:,.0f} images/s")
        self.samples, self.epoch_begun = 0, now

    def _rate(self, now: float) -> float:
        return self.samples / max(now - self.epoch_begun, 1e-9)

    def _line(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=not self.console.is_terminal)
        if not self.console.is_terminal:
            sys.stdout.flush()
