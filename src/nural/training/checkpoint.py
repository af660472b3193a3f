"""Checkpoints: a training between two steps, in a file, so that it goes on bit for bit."""

import copy
import operator
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nural.layer import Layer
from nural.model_file import ModelFileError, as_json, describe, fill, prefixed, read_file, require_arrays, write_file
from nural.optimizers import Optimizer
from nural.overwriting import CHECKPOINT
from nural.parallel.ranks import Ranks
from nural.training.history import History


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Layer,
    optimizer: Optimizer,
    history: History,
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write a training between two steps: all that `load_checkpoint` needs to continue it bit for bit.

    ``settings``, JSON by name, is what else must be the same when it goes on.

    Raises:
        ModelFileError: an array holds NaN or infinity.
        OverwriteError: a file is there that is not a checkpoint of nural's and would be lost.
        OSError: the file cannot be written.
    """
    arrays = {
        **prefixed("params", model.params),
        **prefixed("state", model.state),
        **prefixed("optimizer", optimizer.state),
        "losses": np.array(history.losses, np.float64),
    }
    content = {
        "architecture": describe(model),
        "settings": dict(settings),
        "optimizer_steps": optimizer.steps,
        "generators": {name: rng.bit_generator.state for name, rng in model.generators().items()},
        "epochs": history.epochs,
    }
    write_file(path, CHECKPOINT, arrays, content)


def load_checkpoint(
    path: str | os.PathLike[str],
    model: Layer,
    optimizer: Optimizer,
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> History:
    """Put a checkpoint's arrays into ``model`` and ``optimizer`` and return the training's history.

    Raises:
        ModelFileError: the file is missing, no checkpoint, damaged, or one of another architecture, optimizer or
            ``settings``. Nothing was changed then.
    """
    arrays, content = read_file(path, CHECKPOINT)
    if content.get("architecture") != as_json(describe(model)):
        raise ModelFileError(f"{path}: is a checkpoint of another architecture than the model to resume")
    kept = content.get("settings")
    if not isinstance(kept, dict):
        raise ModelFileError(f"{path}: the checkpoint's description is damaged (settings are {kept!r})")
    for name, value in settings.items():
        if kept.get(name) != value:
            raise ModelFileError(f"{path}: is a checkpoint of a training with {name} {kept.get(name)}, not {value}")
    prefix = "optimizer."
    running = {name.removeprefix(prefix): arrays.pop(name) for name in list(arrays) if name.startswith(prefix)}
    try:
        history = _history(arrays.pop("losses"), content["epochs"])
        optimizer_steps = operator.index(content["optimizer_steps"])
        states = {name: content["generators"][name] for name in model.generators()}
        for name, rng in model.generators().items():
            copy.deepcopy(rng).bit_generator.state = states[name]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path}: the checkpoint's description is damaged ({error})") from error
    require_arrays(path, model, arrays)
    _require_running(path, model, optimizer, running, optimizer_steps)
    fill(model, arrays)
    for name, rng in model.generators().items():
        rng.bit_generator.state = states[name]
    optimizer.steps = optimizer_steps
    optimizer.state = running
    return history


def _history(losses: np.ndarray, epochs: Any) -> History:
    """The history, or ValueError or TypeError if its parts do not fit each other."""
    if losses.ndim != 1 or losses.dtype != np.float64:
        raise ValueError(f"losses of shape {losses.shape} and type {losses.dtype}")
    rows = [dict(row) for row in epochs]
    steps = [operator.index(row["step"]) for row in rows]
    numbers = all(isinstance(value, int | float) for row in rows for value in row.values())
    if sorted(set(steps)) != steps or max(steps, default=0) > len(losses) or min(steps, default=1) < 1 or not numbers:
        raise ValueError("epochs that do not fit the losses")
    if any(list(row) != list(rows[0]) or not {"epoch", "learning_rate", "loss"} <= row.keys() for row in rows):
        raise ValueError("epochs with other columns")
    return History([float(value) for value in losses], rows)


def _require_running(path: Any, model: Layer, optimizer: Optimizer, running: dict[str, np.ndarray], steps: int) -> None:
    """Check the optimizer's running arrays against those that a step of it leaves, tried on copies."""
    trial = copy.deepcopy(optimizer)
    if steps:
        params = {name: value.copy() for name, value in model.params.items()}
        trial.update(params, {name: np.zeros_like(value) for name, value in params.items()})
    expected = {name: (value.shape, value.dtype) for name, value in trial.state.items()}
    found = {name: (value.shape, value.dtype) for name, value in running.items()}
    if found != expected:
        name = sorted(found.items() ^ expected.items(), key=str)[0][0]
        raise ModelFileError(f"{path}: the running array {name} is not that of {type(optimizer).__name__}")


def _begin_alike(ranks: Ranks, model: Layer, optimizer: Optimizer, history: History) -> History:
    """Give this rank's model and optimizer all that rank 0's have, generators included; returns its history."""
    if ranks.size == 1:
        return history
    state = optimizer.state
    first = ranks.from_first(
        {
            "steps": optimizer.steps,
            "running": [(name, array.shape, array.dtype.str) for name, array in state.items()],
            "generators": {name: rng.bit_generator.state for name, rng in model.generators().items()},
            "losses": history.losses,
            "epochs": history.epochs,
        }
    )
    if not ranks.first:
        optimizer.steps = first["steps"]
        optimizer.state = {name: np.empty(shape, dtype) for name, shape, dtype in first["running"]}
        for name, rng in model.generators().items():
            rng.bit_generator.state = first["generators"][name]
        history = History(first["losses"], first["epochs"])
    for arrays in (model.params, model.state, optimizer.state):
        ranks.fill_from_first(arrays)
    return history


class Checkpoint:
    """The file that keeps a training, if there is one, which rank 0 alone reads and writes.

    Args:
        path: The file, or None.
        model: The network that is trained.
        optimizer: Its optimizer.
        ranks: The processes that train together.
        settings: What else must be the same when the training goes on; see `save_checkpoint`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        model: Layer,
        optimizer: Optimizer,
        ranks: Ranks,
        settings: Mapping[str, Any],
    ) -> None:
        self.path, self.model, self.optimizer, self.ranks = path, model, optimizer, ranks
        self.settings = settings

    def begin(self, resume: bool) -> History:
        """Bring model and optimizer of all ranks to where the training begins, or goes on; returns what came before."""
        history = History()
        with self.ranks.agreeing():
            if resume and self.path is not None and self.ranks.first:
                history = load_checkpoint(self.path, self.model, self.optimizer, self.settings)
        history = _begin_alike(self.ranks, self.model, self.optimizer, history)
        if not resume:
            self.write(history)
        return history

    def write(self, history: History) -> None:
        """Keep the training as it is now."""
        if self.path is not None and self.ranks.first:
            save_checkpoint(self.path, self.model, self.optimizer, history, self.settings)
