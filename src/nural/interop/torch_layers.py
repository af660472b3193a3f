"""The table of PyTorch's modules and nural's layers. Imports PyTorch; import it where it is needed."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from nural.activations import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nural.containers import Residual, Sequential
from nural.interop import ConversionError
from nural.interop.torch_layout import ASK, OF_IMAGES, Layout, Order, after, described, joined, merged
from nural.interop.torch_modules import GRUOutput, LSTMOutput, RNNOutput
from nural.interop.torch_modules import Residual as ResidualModule
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.average_pooling import AvgPool2d
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.dropout import Dropout
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.recurrent import Recurrent
from nural.layers.rnn import RNN

#: Modules and layers that do the same. Their arguments have the same names.
TABLE: dict[type[nn.Module], type[Layer]] = {
    nn.Linear: Linear,
    nn.Flatten: Flatten,
    nn.Unflatten: Unflatten,
    nn.Conv2d: Conv2d,
    nn.MaxPool2d: MaxPool2d,
    nn.AvgPool2d: AvgPool2d,
    nn.AdaptiveAvgPool2d: AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d: AdaptiveMaxPool2d,
    nn.BatchNorm1d: BatchNorm1d,
    nn.BatchNorm2d: BatchNorm2d,
    nn.LayerNorm: LayerNorm,
    nn.Dropout: Dropout,
    nn.RNN: RNN,
    nn.LSTM: LSTM,
    nn.GRU: GRU,
    nn.ReLU: ReLU,
    nn.LeakyReLU: LeakyReLU,
    nn.PReLU: PReLU,
    nn.ELU: ELU,
    nn.SELU: SELU,
    nn.GELU: GELU,
    nn.SiLU: SiLU,
    nn.Sigmoid: Sigmoid,
    nn.Tanh: Tanh,
    nn.Softplus: Softplus,
    nn.Softmax: Softmax,
    nn.LogSoftmax: LogSoftmax,
}
OUTPUT_ONLY: dict[type[nn.Module], type[Layer]] = {RNNOutput: RNN, LSTMOutput: LSTM, GRUOutput: GRU}

#: Arguments of modules that nural's layers do not have, and the value that they must have.
FIXED: dict[type[nn.Module], dict[str, Any]] = {
    nn.Flatten: {"start_dim": 1, "end_dim": -1},
    nn.Unflatten: {"dim": 1},
    nn.MaxPool2d: {"return_indices": False},
    nn.AdaptiveMaxPool2d: {"return_indices": False},
    nn.RNN: {"dropout": 0.0},
    nn.LSTM: {"dropout": 0.0, "proj_size": 0},
    nn.GRU: {"dropout": 0.0},
}

#: PyTorch's dimensions and what they are in nural, where they differ; of the last two the number is open.
DIMS: dict[Order, dict[int, int]] = {
    Order.IMAGES: {0: 0, 1: -1, 2: 1, 3: 2},
    Order.CHANNEL_SEQUENCES: {0: 0, 1: -1, 2: 1},
    Order.CHANNELS: {0: 0, 1: -1},
    Order.UNKNOWN: {0: 0, -1: -1},
}


class Builder:
    """Builds nural's layers after PyTorch's modules, without their arrays.

    Attributes:
        modules: The module of each path in nural's model.
    """

    def __init__(self) -> None:
        self.modules: dict[str, nn.Module] = {}
        self._owners: dict[int, str] = {}

    def build(self, module: nn.Module, before: Layout, path: str = "") -> tuple[Layer, Layout]:
        """The layer, and the layout of its output."""
        _require_plain(module, path)
        if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
            layers = []
            for i, child in enumerate(module):  # not its children(), which leaves out what occurs twice
                layer, before = self.build(child, before, joined(path, str(i)))
                layers.append(layer)
            return Sequential(*layers), before
        if type(module) is nn.Identity:
            return Sequential(), before
        if type(module) is ResidualModule:
            branch, end = self.build(module.branch, before, joined(path, "branch"))
            shortcut, other_end = None, before
            if module.shortcut is not None:
                shortcut, other_end = self.build(module.shortcut, before, joined(path, "shortcut"))
            return Residual(branch, shortcut), merged(end, other_end, path)
        self._require_own_arrays(module, path)
        self.modules[path] = module
        layer = _leaf(module, before, path)
        return layer, after(layer, before, path)

    def _require_own_arrays(self, module: nn.Module, path: str) -> None:
        for array in (*module.parameters(), *module.buffers()):
            owner = self._owners.setdefault(id(array), path)
            if owner != path:
                raise ConversionError(
                    f"{described(path, module)} shares its arrays with layer {owner}; nural's layers share none"
                )


@dataclass(frozen=True)
class Plan:
    """How a module is made.

    Attributes:
        kind: Its class.
        modules: Of a container, the plans of what is in it.
        arguments: Of its constructor, beside the modules.
    """

    kind: type[nn.Module]
    modules: tuple["Plan", ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """The module, with arrays of its own."""
        return self.kind(*(plan.build() for plan in self.modules), **self.arguments)


def plan_of(layer: Layer, before: Layout, path: str = "", alone: bool = False) -> tuple[Plan, Layout]:
    """The module that stands for a layer, and the layout of its output.

    ``alone`` makes a recurrent layer PyTorch's own module, which gives its states too.
    """
    if isinstance(layer, Sequential):
        plans = []
        for name, child in layer.children.items():
            plan, before = plan_of(child, before, joined(path, name))
            plans.append(plan)
        return Plan(nn.Sequential, tuple(plans)), before
    if isinstance(layer, Residual):
        ways, ends = [], []
        for name, child in layer.children.items():
            plan, end = plan_of(child, before, joined(path, name))
            ways.append(plan)
            ends.append(end)
        around = before if layer.shortcut is None else ends[1]
        return Plan(ResidualModule, tuple(ways)), merged(ends[0], around, path)
    end = after(layer, before, path)
    if isinstance(layer, GlobalAvgPool2d):
        pooling = Plan(nn.AdaptiveAvgPool2d, arguments={"output_size": 1})
        return Plan(nn.Sequential, (pooling, Plan(nn.Flatten))), end
    kinds = OUTPUT_ONLY if isinstance(layer, Recurrent) and not (alone and layer.return_sequences) else TABLE
    module_type = next((module_type for module_type, kind in kinds.items() if kind is type(layer)), None)
    if module_type is None:
        raise ConversionError(f"{described(path, layer)} has no module in PyTorch that nural knows")
    return Plan(module_type, arguments=_module_arguments(layer, before, path, kinds)), end


def _require_plain(module: nn.Module, path: str) -> None:
    """Refuse hooks, those of weight_norm, spectral_norm and prune among them."""
    hooks = {**module._forward_pre_hooks, **module._forward_hooks}
    if hooks:
        names = ", ".join(sorted({getattr(hook, "__name__", type(hook).__name__) for hook in hooks.values()}))
        raise ConversionError(f"{described(path, module)} has hooks ({names}), which nural does not have: remove them")


def _leaf(module: Any, before: Layout, path: str) -> Layer:
    kind = TABLE.get(type(module)) or OUTPUT_ONLY.get(type(module))
    if kind is None:
        where = f"module {path}" if path else "the module"
        raise ConversionError(f"{where} is a {type(module).__name__}, which nural does not have")
    for base, fixed in FIXED.items():
        for name, value in fixed.items() if isinstance(module, base) else ():
            if getattr(module, name) != value and not (name == "dropout" and module.num_layers == 1):
                raise ConversionError(
                    f"{described(path, module)} has {name}={getattr(module, name)!r}; nural has only {name}={value!r}"
                )
    parameters = () if kind.__init__ is Layer.__init__ else inspect.signature(kind).parameters
    names = [name for name in parameters if name not in kind.not_config]
    found = {name: getattr(module, name) for name in names if hasattr(module, name)}
    arguments = {name: _single(value) for name, value in found.items()}
    if "bias" in arguments and not isinstance(arguments["bias"], bool):
        affine = arguments.get("affine", arguments.get("elementwise_affine", True))
        arguments["bias"] = arguments["bias"] is not None or not affine
    if kind in (MaxPool2d, AvgPool2d) and arguments["stride"] == arguments["kernel_size"]:
        arguments["stride"] = None
    if kind is Flatten:
        arguments["channels_first"] = before.order is Order.UNKNOWN or (
            before.order is Order.IMAGES and before.channels is None
        )
    if kind is Unflatten:
        arguments["unflattened_size"] = _image_size(found["unflattened_size"], 0, described(path, module))
    if kind is LayerNorm:
        shape = tuple(found["normalized_shape"])
        arguments["normalized_shape"] = (*shape[1:], shape[0]) if _normalises_images(shape, before) else shape
    if kind in (Softmax, LogSoftmax):
        arguments["dim"] = _our_dim(found["dim"], before, described(path, module))
    if "dtype" in names:
        arguments["dtype"] = _dtype(module, path)
    return kind(**arguments)


def _module_arguments(layer: Any, before: Layout, path: str, kinds: Mapping[Any, Any]) -> dict[str, Any]:
    arguments = layer.config()
    if "dtype" in arguments:
        arguments["dtype"] = getattr(torch, np.dtype(arguments["dtype"]).name)
    if arguments.pop("correction", 1) != 1:
        raise ConversionError(f"{described(path, layer)} has correction={layer.correction}; PyTorch has only 1")
    if isinstance(layer, (BatchNorm1d, BatchNorm2d)) and layer.bias:
        del arguments["bias"]  # which PyTorch before 2.12 does not have
    arguments.pop("channels_first", None)
    if isinstance(layer, Recurrent):
        arguments["batch_first"] = True
        if kinds is TABLE:
            del arguments["return_sequences"]
    if isinstance(layer, (Conv2d, MaxPool2d, AvgPool2d)):
        arguments["padding"] = _symmetric(layer.padding, described(path, layer))
    if isinstance(layer, Unflatten):
        arguments["unflattened_size"] = _image_size(layer.unflattened_size, -1, described(path, layer))
    if isinstance(layer, LayerNorm) and _normalises_images(layer.normalized_shape, before):
        *spatial, channels = layer.normalized_shape
        arguments["normalized_shape"] = channels, *spatial
    if isinstance(layer, (Softmax, LogSoftmax)):
        arguments["dim"] = _their_dim(layer.dim, before, described(path, layer))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()}


def _image_size(shape: Sequence[int], channels_at: int, described_layer: str) -> tuple[int, ...]:
    """The shape of an image of one channel in the other's order: (1, H, W) for (H, W, 1) and back."""
    if len(shape) != 3 or shape[channels_at] != 1:
        raise ConversionError(
            f"{described_layer} makes samples of shape {tuple(shape)}: PyTorch and nural order the values of a row "
            "alike only for images of one channel"
        )
    return (*shape[1:], 1) if channels_at == 0 else (1, *shape[:-1])


def _single(value: Any) -> Any:
    """One number for two that are equal."""
    pair = isinstance(value, tuple) and len(value) == 2 and value[0] == value[1] and isinstance(value[0], int)
    return value[0] if pair else value


def _symmetric(padding: Any, described_layer: str) -> Any:
    """A padding with equal sides as PyTorch writes it: (down, across)."""
    if isinstance(padding, str) or np.ndim(padding) != 2:
        return padding
    (top, bottom), (left, right) = padding
    if top != bottom or left != right:
        raise ConversionError(f"{described_layer} has different padding on two sides, {padding}; PyTorch has not")
    return top, left


def _normalises_images(shape: Any, before: Layout) -> bool:
    return len(shape) == 3 and before.order in OF_IMAGES


def _our_dim(dim: int | None, before: Layout, described_module: str) -> int:
    """PyTorch's dimension in nural's order."""
    if dim is None:
        raise ConversionError(f"{described_module} has dim=None, which PyTorch guesses; give it a dim")
    return _same_dim(dim, DIMS.get(before.order), described_module)


def _their_dim(dim: int, before: Layout, described_layer: str) -> int:
    """What `_our_dim` takes back."""
    dims = DIMS.get(before.order)
    return _same_dim(dim, dims and {ours: theirs for theirs, ours in dims.items()}, described_layer)


def _same_dim(dim: int, dims: Mapping[int, int] | None, described_layer: str) -> int:
    if dims is None:
        return dim
    rank = len(dims)
    found = [other for one, other in dims.items() if one == dim or (rank > 2 and one % rank == dim % rank)]
    if not found:
        raise ConversionError(f"{described_layer} has dim={dim}, and nothing before it tells what that is: {ASK}")
    return found[0]


def _dtype(module: nn.Module, path: str) -> Any:
    """float64 for a module of that type, else float32."""
    for name, value in module.state_dict().items():
        if not value.is_floating_point() and name != "num_batches_tracked":
            raise ConversionError(f"{described(path, module)} holds {value.dtype}, where nural has floats")
        if value.dtype == torch.float64:
            return np.float64
    return np.float32
