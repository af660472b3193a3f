"""PyTorch's models and files as nural's, and back: the layouts converted, the outputs and the gradients the same."""

import os
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nural.arrays import joined
from nural.interop import ConversionError
from nural.interop.torch_arrays import Unordered, fill, twins
from nural.interop.torch_layout import TorchOrder, first_layout
from nural.layer import Layer

if TYPE_CHECKING:
    from nural.interop.torch_layers import Plan

#: NumPy's types for those of safetensors files.
STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
STORED |= {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1"}


def from_torch(source: Any, model: Layer | None = None, *, input_shape: Sequence[int] | None = None) -> Layer:
    """Nural's model with the weights, running statistics and settings of a PyTorch one.

    ``from_torch(module)`` builds it from an `nn.Sequential`, which may be nested, or from a single module.
    ``from_torch(state_dict, model)`` puts arrays into a model of nural's, whose PyTorch counterpart may be a class of
    its own; it returns the model. Each layer takes the module of its own path if all paths agree, else the first one
    left whose arrays have its names and shapes, in the order of the state_dict.

    What is channels-first in PyTorch is channels-last in nural: images ``(N, C, H, W)`` become ``(N, H, W, C)``, and
    where `BatchNorm1d` or a `PReLU` of several slopes comes first, ``(N, C, L)`` becomes ``(N, L, C)``. Sequences are
    otherwise ``(N, T, F)`` in both, whatever `batch_first`; networks that mix the two are refused. A `Flatten` of
    images orders their values differently too; layers that read them get weights in that order; where this is
    impossible, the Flatten keeps PyTorch's order with ``channels_first=True``.

    Args:
        source: A module; or with ``model``, a state_dict, that of a module, or the path of a file for `load_torch`.
        model: The model to fill. It keeps its type, float32 or float64.
        input_shape: The shape of one sample in nural's order: ``(F,)``, ``(T, F)`` or ``(L, C)``, or ``(H, W, C)``. It
            is needed only if the model does not begin with a layer that determines its input. Without it a
            `Linear`, a `LayerNorm` of fewer than three dimensions or a softmax over the last, at the beginning, is
            taken to get rows or sequences, never images; a `BatchNorm1d` or a `PReLU` of several slopes behind them,
            rows; a Flatten at the beginning of a state_dict's model, anything but images of several channels.

    Returns:
        A model that owns its arrays.

    Raises:
        ConversionError: a module or an option is not among nural's, or arrays do not fit. The message names it.
        ImportError: PyTorch is needed and missing. Arrays and safetensors files do not need it.
    """
    if model is not None:
        name, state = _state(source)
        fill(model, state, input_shape, name)
        return model
    nn = _torch().nn
    if not isinstance(source, nn.Module):
        raise ConversionError(
            f"from_torch got a {type(source).__name__} alone, which does not say what its layers do: pass a model of "
            f"nural's to fill as well"
        )
    from nural.interop.torch_layers import Builder

    builder = Builder()
    model, end = builder.build(source, first_layout(input_shape))
    if end.order is TorchOrder.FLATTENED:
        for flatten in end.flattened_by:
            flatten.channels_first = True
    state = {
        joined(path, name): value
        for path, module in builder.modules.items()
        for name, value in module.state_dict().items()
    }
    fill(model, _as_arrays(state), input_shape)
    return model


def to_torch(model: Layer, *, input_shape: Sequence[int] | None = None) -> Any:
    """The `torch.nn` module that computes the same as a model of nural's, with copies of its weights and statistics.

    `Sequential` becomes `nn.Sequential`, with equal names. `Residual`, which PyTorch does not have, and the recurrent
    layers inside a Sequential, since no module after them could take their states, become the modules of
    `nural.interop.torch_modules`; a recurrent layer alone becomes PyTorch's own, unless it returns its last step only.

    Args:
        model: Any model of nural's layers.
        input_shape: The shape of one sample; see `from_torch`.

    Returns:
        The module, in training mode as PyTorch's modules begin.

    Raises:
        ConversionError: PyTorch has no counterpart of a layer. The message names it.
        ImportError: PyTorch is missing.
    """
    _torch()
    from nural.interop.torch_layers import plan_of

    plan = plan_of(model, first_layout(input_shape), alone=True)
    return filled(plan, model, input_shape)


def filled(plan: "Plan", model: Layer, input_shape: Sequence[int] | None = None) -> Any:
    """The module of a plan for the model, with copies of the model's arrays.

    Raises:
        ConversionError: the order of an array's values is not known; see `from_torch`.
    """
    torch = _torch()
    arrays = twins(model, input_shape)
    with torch.random.fork_rng(devices=[]):  # new modules draw random weights
        module = plan.build()
    state = module.state_dict()
    for path, found in arrays.items():
        for twin in found:
            state[joined(path, twin.theirs)].copy_(torch.from_numpy(twin.to_theirs(twin.array).copy()))
    return module


def load_torch(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read a state_dict from a safetensors file or one that `torch.save` wrote; half precision becomes float32.

    Nothing in the file is run: ``torch.load`` is called with ``weights_only=True``. A safetensors file needs no
    PyTorch; it keeps no order, so its names come sorted, ``layer.2`` before ``layer.10``, and `from_torch` refuses to
    choose by order between names that differ in more than numbers.

    Returns:
        The arrays by name, in PyTorch's layout.

    Raises:
        ConversionError: the file is missing or damaged, or holds something else. The message says which.
        ImportError: PyTorch is needed and missing.
    """
    if not Path(path).is_file():
        found = "is a folder" if Path(path).is_dir() else "there is no such file"
        raise ConversionError(f"{path}: {found}, expected a state_dict")
    with Path(path).open("rb") as file:
        head = file.read(9)  # safetensors: 8 bytes with the length of the header, then the header
    # torch.save writes a zip archive, or before version 1.6 a pickle.
    pickled = head[8:] != b"{" and (head.startswith(b"PK") or head.startswith(b"\x80"))
    return _load_pickled(path) if pickled else _load_safetensors(path)


def _load_safetensors(path: Any) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError, deserialize

    try:
        found = dict(deserialize(Path(path).read_bytes()))
    except (SafetensorError, OSError) as error:
        raise ConversionError(
            f"{path}: is neither a safetensors file nor one of torch.save that can be read ({_first_line(error)})"
        ) from error
    for name, stored in found.items():
        if stored["dtype"] not in STORED:
            raise ConversionError(f"{path}: {name} is of type {stored['dtype']}, expected an array of numbers")
    return _as_arrays(Unordered((name, _stored_array(**found[name])) for name in sorted(found, key=_natural)))


def _stored_array(dtype: str, shape: Sequence[int], data: bytes) -> np.ndarray:
    values = np.frombuffer(data, STORED[dtype])
    if dtype == "BF16":  # the upper half of a float32
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(shape).copy()


def _load_pickled(path: Any) -> dict[str, np.ndarray]:
    torch = _torch()
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ConversionError(
            f"{path}: holds more than arrays, and building it would run code from the file; expected what "
            f"torch.save(module.state_dict(), path) writes"
        ) from error
    except Exception as error:
        raise ConversionError(f"{path}: is a damaged file of torch.save ({_first_line(error)})") from error
    if not isinstance(found, Mapping):
        raise ConversionError(f"{path}: holds a {type(found).__name__}, expected a state_dict")
    if wrong := [name for name, value in found.items() if not isinstance(value, torch.Tensor)]:
        raise ConversionError(
            f"{path}: holds {wrong[0]!r}, which is no array, beside or instead of a state_dict; if a part of it "
            f"is one, pass that part to from_torch"
        )
    return _as_arrays(found)


def _state(source: Any) -> tuple[str, dict[str, np.ndarray]]:
    """The name of a state_dict in errors, and its arrays."""
    if isinstance(source, (str, os.PathLike)):
        return str(source), load_torch(source)
    state = source.state_dict() if hasattr(source, "state_dict") else source
    if not isinstance(state, Mapping):
        raise ConversionError(f"from_torch got a {type(source).__name__}, expected a state_dict, a module or a path")
    return "the state_dict", _as_arrays(state)


def _as_arrays(state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Tensors or arrays as float32 or float64 arrays; integers stay integers."""
    found: dict[str, np.ndarray] = Unordered() if isinstance(state, Unordered) else {}
    value: Any
    for name, value in state.items():
        if getattr(value, "is_meta", False):
            raise ConversionError(f'{name} is on the device "meta", where arrays have no values')
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = (value.float() if value.is_floating_point() and value.itemsize < 4 else value).numpy()
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
            kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
            raise ConversionError(f"{name} is of type {kind}, expected an array of numbers")
        found[name] = value.astype(np.float32) if value.dtype == np.float16 else value
    return found


def _natural(name: str) -> list[Any]:
    """A key that sorts the numbers in names as numbers."""
    return [(part.isdigit(), int(part) if part.isdigit() else part) for part in re.split(r"(\d+)", name)]


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _torch() -> Any:
    """PyTorch, imported only when it is needed."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ImportError("nural.interop.torch needs PyTorch for this: pip install torch") from error
    return torch
