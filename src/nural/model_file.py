"""Model files and training checkpoints: safetensors, with the architecture as JSON in the metadata. Never a pickle."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from nural import activations, layer, layers
from nural.atomic_file import write_atomically
from nural.history import History
from nural.layer import Layer, Sequential
from nural.optimizers import Optimizer

FORMAT = 1


class ModelFileError(ValueError):
    """A file that is not the model or the checkpoint that it should be; one sentence names what was found."""


def layer_types() -> dict[str, type[Layer]]:
    """The layers that a file may name: those that nural defines."""
    defined = [value for module in (layer, layers, activations) for value in vars(module).values()]
    return {t.__name__: t for t in defined if isinstance(t, type) and issubclass(t, Layer)}


def save(model: Layer, path: str | os.PathLike[str]) -> None:
    """Write a model to one safetensors file: its arrays, its architecture and ``model.info``.

    The file appears whole or not at all, and the same model gives the same bytes.

    Raises:
        ModelFileError: an array holds NaN or infinity.
        OSError: the file cannot be written.
    """
    arrays = {**_prefixed("params", model.params), **_prefixed("state", model.state)}
    _write(path, "model", arrays, {"architecture": describe(model), "info": model.info})


def load(path: str | os.PathLike[str]) -> Layer:
    """Read a model that `save` wrote; nothing but the file is needed, and nothing in it is run.

    Raises:
        ModelFileError: the file is missing or no model of nural's, names an unknown layer, or its arrays are not those
            of its architecture: missing, extra, misshapen, of another type or not finite.
    """
    arrays, content = _read(path, "model")
    model = _build(path, content.get("architecture"))
    _fill(path, model, arrays)
    model.info = dict(content.get("info") or {})
    return model


def save_checkpoint(path: str | os.PathLike[str], model: Layer, optimizer: Optimizer, history: History) -> None:
    """Write a training between two steps: all that `load_checkpoint` needs to continue it bit for bit.

    Raises:
        ModelFileError: an array holds NaN or infinity.
        OSError: the file cannot be written.
    """
    arrays = {
        **_prefixed("params", model.params),
        **_prefixed("state", model.state),
        **_prefixed("optimizer", optimizer.state),
        "losses": np.array(history.losses, np.float64),
    }
    content = {
        "architecture": describe(model),
        "optimizer_steps": optimizer.steps,
        "generators": {name: rng.bit_generator.state for name, rng in model.generators().items()},
        "epochs": history.epochs,
    }
    _write(path, "checkpoint", arrays, content)


def load_checkpoint(path: str | os.PathLike[str], model: Layer, optimizer: Optimizer) -> History:
    """Put a checkpoint's arrays into ``model`` and ``optimizer`` and return the training's history.

    Raises:
        ModelFileError: the file is missing, no checkpoint, or one of another architecture. Nothing was changed then.
    """
    arrays, content = _read(path, "checkpoint")
    if content.get("architecture") != json.loads(json.dumps(describe(model))):
        raise ModelFileError(f"{path}: is a checkpoint of another architecture than the model to resume")
    running = {
        name.removeprefix("optimizer."): arrays.pop(name) for name in list(arrays) if name.startswith("optimizer.")
    }
    losses = arrays.pop("losses", np.empty(0))
    generators = model.generators()
    try:
        history = History([float(value) for value in losses], [dict(row) for row in content["epochs"]])
        optimizer_steps = int(content["optimizer_steps"])
        states = {name: content["generators"][name] for name in generators}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: the checkpoint's description is damaged ({error})") from error
    _fill(path, model, arrays)
    for name, rng in generators.items():
        rng.bit_generator.state = states[name]
    optimizer.steps = optimizer_steps
    optimizer.state = running
    return history


def describe(model: Layer) -> dict[str, Any]:
    """The architecture as JSON has it: type, configuration and children of each layer."""
    if type(model).__name__ not in layer_types():
        raise ModelFileError(f"{type(model).__name__} is no layer of nural's, so a file cannot name it")
    return {
        "type": type(model).__name__,
        "config": {k: v.name if isinstance(v, np.dtype) else v for k, v in model.config().items()},
        "children": {name: describe(child) for name, child in model.children.items()},
    }


def _build(path: Any, described: Any) -> Layer:
    try:
        kind = layer_types()[described["type"]]
        children = {name: _build(path, child) for name, child in described["children"].items()}
        config = described["config"]
        model = kind(*children.values()) if issubclass(kind, Sequential) else kind(**children, **config)
    except ModelFileError:
        raise
    except KeyError as error:
        raise ModelFileError(f"{path}: names the layer or field {error}, which nural does not have") from error
    except (TypeError, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise ModelFileError(f"{path}: its description of the architecture is damaged ({error})") from error
    return model


def _fill(path: Any, model: Layer, arrays: dict[str, np.ndarray]) -> None:
    """Put arrays into the model, if they are exactly those that it has."""
    expected = {f"params.{name}": shape for name, shape in model.all_shapes().items()}
    expected |= {f"state.{name}": value.shape for name, value in model.state.items()}
    if missing := sorted(expected.keys() - arrays.keys()):
        raise ModelFileError(f"{path}: lacks the array {missing[0]} of its architecture")
    if extra := sorted(arrays.keys() - expected.keys()):
        raise ModelFileError(f"{path}: holds the array {extra[0]}, which its architecture does not have")
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ModelFileError(f"{path}: {name} has shape {arrays[name].shape}, its architecture needs {shape}")
        if arrays[name].dtype.kind != "f":
            raise ModelFileError(f"{path}: {name} is of type {arrays[name].dtype}, expected floats")
    for group in ("params", "state"):
        for name, value in getattr(model, group).items():
            value[...] = arrays[f"{group}.{name}"]


def _prefixed(prefix: str, arrays: Any) -> dict[str, np.ndarray]:
    return {f"{prefix}.{name}": np.ascontiguousarray(array) for name, array in arrays.items()}


def _write(path: Any, kind: str, arrays: dict[str, np.ndarray], content: dict[str, Any]) -> None:
    from safetensors.numpy import save as to_bytes

    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: not written, because {name} holds NaN or infinity")
    description = json.dumps({"format": FORMAT, "kind": kind, **content})
    write_atomically(path, to_bytes(arrays, {"nural": description}))


def _read(path: Any, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        found = "is a folder" if Path(path).is_dir() else "there is no such file"
        raise ModelFileError(f"{path}: {found}, expected a {kind} written by nural")
    try:
        with safe_open(path, framework="numpy") as file:
            description = (file.metadata() or {}).get("nural")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ModelFileError(f"{path}: is no safetensors file that can be read ({error})") from error
    if description is None:
        raise ModelFileError(f"{path}: is a safetensors file without nural's description, expected a {kind} of nural's")
    try:
        content = json.loads(description)
        found = content["kind"], content["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description is damaged ({error})") from error
    if found != (kind, FORMAT):
        raise ModelFileError(f"{path}: expected a {kind} of format {FORMAT}, found a {found[0]} of format {found[1]}")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds NaN or infinity")
    return arrays, content
