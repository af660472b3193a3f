"""Model files: safetensors, with the architecture as JSON in the metadata. Never a pickle."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nural import activations, containers, layers
from nural.atomic_file import write_atomically
from nural.containers import Sequential
from nural.layer import Layer
from nural.overwriting import MODEL, require_replaceable
from nural.predictions import said_task
from nural.task import Task

FORMAT = 1


class ModelFileError(ValueError):
    """A file that is not the model or the checkpoint that it should be; the message names what was found."""


def layer_type(name: str) -> type[Layer]:
    """The class of nural's layers with this name; KeyError if there is none."""
    for module in (containers, layers, activations):
        found = getattr(module, name) if name in dir(module) else None
        if isinstance(found, type) and issubclass(found, Layer):
            return found
    raise KeyError(name)


def save(
    model: Layer, path: str | os.PathLike[str], *, half: bool = False, kind: str = MODEL, force: bool = False
) -> None:
    """Write a model to one safetensors file: its arrays, its architecture, its task and ``model.info``.

    The file appears whole or not at all, and the same model gives the same bytes.

    Args:
        model: What to write.
        path: The file.
        half: Store the arrays as float16, rounded to 11 bits: half the size. `load` restores their type.
        kind: Another kind of file, for content that is more than a network; `load` takes it only if ``also`` names it.
        force: Replace any existing file. By default only a model of nural's is replaced.

    Raises:
        ModelFileError: an array holds NaN or infinity.
        OverwriteError: the file exists and is no model of nural's.
        OSError: the file cannot be written.
    """
    arrays = {**prefixed("params", model.params), **prefixed("state", model.state)}
    if half:
        with np.errstate(over="ignore"):  # infinite values are refused below
            arrays = {name: array.astype(np.float16) for name, array in arrays.items()}
    task = said_task(model)
    content = {"architecture": describe(model), "task": task and task.as_json(), "info": model.info}
    write_file(path, kind, arrays, content, force)


def load(path: str | os.PathLike[str], *, also: Sequence[str] = ()) -> Layer:
    """Read a model that `save` wrote; nothing but the file is needed, and nothing in it is run.

    Args:
        path: The file.
        also: Further kinds of file to accept.

    Raises:
        ModelFileError: the file is missing or no model of nural's, names an unknown layer, or its arrays do not fit its
            architecture: missing, extra, misshapen, of another type or not finite.
    """
    arrays, content = read_file(path, MODEL, also)
    channels, values = _running_channels(content.get("architecture")), sum(array.size for array in arrays.values())
    if channels > values:  # batch norm would allocate these before its arrays are compared
        raise ModelFileError(f"{path}: describes batch norm of {channels} channels, but holds {values} values")
    model = _build(path, content.get("architecture"))
    if as_json(describe(model)) != content["architecture"] or not isinstance(content.get("info"), dict):
        raise ModelFileError(f"{path}: its description is not one that nural writes")
    require_arrays(path, model, arrays)
    fill(model, arrays)
    model.task = _task(path, content.get("task"))
    model.info = content["info"]
    return model


def _task(path: Any, described: Any) -> Task | None:
    try:
        return None if described is None else Task.from_json(described)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: its description of the task is damaged ({error})") from error


def describe(model: Layer) -> dict[str, Any]:
    """The architecture in JSON: type, configuration and children of each layer."""
    kind = type(model)
    try:
        own = layer_type(kind.__name__) is kind
    except KeyError:
        own = False
    if not own:
        raise ModelFileError(
            f"the class {kind.__module__}.{kind.__qualname__} is no layer of nural's, so a file cannot name it; save "
            "model.params and model.state with numpy.savez, and fill those of a model that your code builds"
        )
    return {
        "type": kind.__name__,
        "config": {k: v.name if isinstance(v, np.dtype) else v for k, v in model.config().items()},
        "children": {name: describe(child) for name, child in model.children.items()},
    }


def _running_channels(described: Any) -> int:
    """For how many channels the layers would keep running statistics; 0 if the description is none."""
    if not isinstance(described, dict):
        return 0
    config, children = described.get("config"), described.get("children")
    inside = sum(map(_running_channels, children.values())) if isinstance(children, dict) else 0
    own = config.get("num_features", 0) if isinstance(config, dict) and config.get("track_running_stats") else 0
    return inside + (own if isinstance(own, int) else 0)


def _build(path: Any, described: Any) -> Layer:
    try:
        kind = layer_type(described["type"])
        children = {name: _build(path, child) for name, child in described["children"].items()}
        config = described["config"]
        model = kind(*children.values()) if issubclass(kind, Sequential) else kind(**children, **config)
        if model.dtype not in (np.float32, np.float64):
            raise TypeError(f"weights of type {model.dtype}")
    except ModelFileError:
        raise
    except KeyError as error:
        raise ModelFileError(f"{path}: names the layer or field {error}, which nural does not have") from error
    except (TypeError, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise ModelFileError(f"{path}: its description of the architecture is damaged ({error})") from error
    return model


def require_arrays(path: Any, model: Layer, arrays: dict[str, np.ndarray]) -> None:
    """Raise ModelFileError unless these are exactly the model's arrays."""
    shapes = {f"params.{name}": shape for name, shape in model.all_shapes().items()}
    shapes |= {f"state.{name}": value.shape for name, value in model.state.items()}
    if missing := sorted(shapes.keys() - arrays.keys()):
        raise ModelFileError(f"{path}: lacks the array {missing[0]} of its architecture")
    if extra := sorted(arrays.keys() - shapes.keys()):
        raise ModelFileError(f"{path}: holds the array {extra[0]}, which its architecture does not have")
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ModelFileError(f"{path}: {name} has shape {arrays[name].shape}, its architecture needs {shape}")
    for name, value in (prefixed("params", model.params) | prefixed("state", model.state)).items():
        if arrays[name].dtype not in (value.dtype, np.float16):
            raise ModelFileError(
                f"{path}: {name} is of type {arrays[name].dtype}, its architecture needs {value.dtype}"
            )


def fill(model: Layer, arrays: dict[str, np.ndarray]) -> None:
    """Give the model's parameters and state the values of a file's arrays, which `require_arrays` has checked."""
    for group in ("params", "state"):
        for name, value in getattr(model, group).items():
            value[...] = arrays[f"{group}.{name}"]


def as_json(description: Any) -> Any:
    """A description as it is when read from a file: lists for tuples, plain numbers for NumPy's."""
    return json.loads(_to_json(description))


def _to_json(description: Any) -> str:
    return json.dumps(description, default=lambda value: value.tolist())  # for NumPy's numbers and arrays


def prefixed(prefix: str, arrays: Any) -> dict[str, np.ndarray]:
    """The arrays under the names that a file gives them."""
    return {f"{prefix}.{name}": np.ascontiguousarray(array) for name, array in arrays.items()}


def write_file(
    path: Any, kind: str, arrays: dict[str, np.ndarray], content: dict[str, Any], force: bool = False
) -> None:
    """Write a file of this kind, "model" or "checkpoint", whole or not at all; raises as `save` does."""
    from safetensors.numpy import save as to_bytes

    require_replaceable(path, kind, force=force)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: not written, because {name} holds NaN or infinity")
    description = _to_json({"format": FORMAT, "kind": kind, **content})
    write_atomically(path, to_bytes(arrays, {"nural": description}))


def read_file(path: Any, kind: str, also: Sequence[str] = ()) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the description of a file of this kind, or of ``also``; raises ModelFileError if it is none."""
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        found = "is a folder" if Path(path).is_dir() else "there is no such file"
        raise ModelFileError(f"{path}: {found}, expected a {kind} written by nural")
    try:
        Path(path).open("rb").close()  # a reason that safe_open would not give
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
    if found not in [(name, FORMAT) for name in (kind, *also)]:
        raise ModelFileError(f"{path}: expected a {kind} of format {FORMAT}, found a {found[0]} of format {found[1]}")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds NaN or infinity")
    return arrays, content
