"""The table of PyTorch's modules and nural's layers, and how their arguments differ. Imports PyTorch."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from nural.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from nural.graph import Concatenate, Graph, Sum
from nural.interop import ConversionError
from nural.interop.torch_layout import ASK, OF_IMAGES, Layout, TorchOrder
from nural.interop.torch_modules import GRUOutput, LSTMOutput, RNNOutput
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from nural.layers.affine import Affine, Rescaling
from nural.layers.average_pooling import AvgPool2d
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.dropout import Dropout
from nural.layers.group_norm import GroupNorm
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.permute import Permute, Reverse
from nural.layers.rnn import RNN

Arguments = dict[str, Any]
#: ``(arguments, layout before, name for messages)``: convert one library's arguments to the other's, in place.
Change = Callable[[Arguments, Layout, str], None]

#: PyTorch's dimensions and nural's, where they differ; in the last two, the number of dimensions is open.
DIMS: dict[TorchOrder, dict[int, int]] = {
    TorchOrder.IMAGES: {0: 0, 1: -1, 2: 1, 3: 2},
    TorchOrder.CHANNEL_SEQUENCES: {0: 0, 1: -1, 2: 1},
    TorchOrder.CHANNELS: {0: 0, 1: -1},
    TorchOrder.UNKNOWN: {0: 0, -1: -1},
}


def _nothing(arguments: Arguments, before: Layout, name: str) -> None:
    """For arguments that are equal in both."""


@dataclass(frozen=True)
class Row:
    """A module and the layer that does the same. Arguments of equal names mean the same unless converted here.

    Attributes:
        module: PyTorch's.
        layer: Nural's.
        fixed: Arguments that nural does not have, with the only values that are accepted.
        to_ours: Converts PyTorch's arguments to nural's.
        to_theirs: Converts nural's arguments to PyTorch's.
    """

    module: type[nn.Module]
    layer: type[Layer]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    to_ours: Change = _nothing
    to_theirs: Change = _nothing


def _our_sizes(arguments: Arguments, before: Layout, name: str) -> None:
    """One number for two equal ones."""
    for argument, value in arguments.items():
        if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1] and isinstance(value[0], int):
            arguments[argument] = value[0]


def _our_stride(arguments: Arguments, before: Layout, name: str) -> None:
    _our_sizes(arguments, before, name)
    if arguments["stride"] == arguments["kernel_size"]:
        arguments["stride"] = None


def _their_padding(arguments: Arguments, before: Layout, name: str) -> None:
    """A padding with equal sides as PyTorch writes it: (down, across)."""
    padding = arguments["padding"]
    if isinstance(padding, str) or np.ndim(padding) != 2:
        return
    (top, bottom), (left, right) = padding
    if top != bottom or left != right:
        raise ConversionError(f"{name} has different padding on two sides, {padding}; PyTorch has not")
    arguments["padding"] = top, left


def _our_flattening(arguments: Arguments, before: Layout, name: str) -> None:
    unknown_images = before.order is TorchOrder.IMAGES and before.channels is None
    arguments["channels_first"] = before.order is TorchOrder.UNKNOWN or unknown_images


def _their_flattening(arguments: Arguments, before: Layout, name: str) -> None:
    del arguments["channels_first"]


def _our_samples(arguments: Arguments, before: Layout, name: str) -> None:
    arguments["unflattened_size"] = _image_size(arguments["unflattened_size"], 0, name)


def _their_samples(arguments: Arguments, before: Layout, name: str) -> None:
    arguments["unflattened_size"] = _image_size(arguments["unflattened_size"], -1, name)


def _image_size(shape: Sequence[int], channels_at: int, name: str) -> tuple[int, ...]:
    """The shape of an image of one channel in the other library's order: (1, H, W) for (H, W, 1) and back."""
    if len(shape) != 3 or shape[channels_at] != 1:
        raise ConversionError(
            f"{name} makes samples of shape {tuple(shape)}: PyTorch and nural order the values of a row "
            "alike only for images of one channel"
        )
    return (*shape[1:], 1) if channels_at == 0 else (1, *shape[:-1])


def _our_shape(arguments: Arguments, before: Layout, name: str) -> None:
    shape = tuple(arguments["normalized_shape"])
    arguments["normalized_shape"] = (*shape[1:], shape[0]) if _normalises_images(shape, before) else shape


def _their_shape(arguments: Arguments, before: Layout, name: str) -> None:
    shape = tuple(arguments["normalized_shape"])
    arguments["normalized_shape"] = (shape[-1], *shape[:-1]) if _normalises_images(shape, before) else shape


def _normalises_images(shape: Sequence[int], before: Layout) -> bool:
    return len(shape) == 3 and before.order in OF_IMAGES


def _their_bias(arguments: Arguments, before: Layout, name: str) -> None:
    if arguments["bias"]:
        del arguments["bias"]  # which PyTorch before 2.12 does not have


def _their_statistics(arguments: Arguments, before: Layout, name: str) -> None:
    correction = arguments.pop("correction")
    if correction != 1:
        raise ConversionError(f"{name} has correction={correction}; PyTorch has only 1")
    _their_bias(arguments, before, name)


def _our_dim(arguments: Arguments, before: Layout, name: str) -> None:
    if arguments["dim"] is None:
        raise ConversionError(f"{name} has dim=None, which PyTorch guesses; give it a dim")
    arguments["dim"] = _same_dim(arguments["dim"], DIMS.get(before.order), name)


def _their_dim(arguments: Arguments, before: Layout, name: str) -> None:
    dims = DIMS.get(before.order)
    arguments["dim"] = _same_dim(arguments["dim"], dims and {ours: theirs for theirs, ours in dims.items()}, name)


def _same_dim(dim: int, dims: Mapping[int, int] | None, name: str) -> int:
    if dims is None:
        return dim
    rank = len(dims)
    found = [other for one, other in dims.items() if one == dim or (rank > 2 and one % rank == dim % rank)]
    if not found:
        raise ConversionError(f"{name} has dim={dim}, and nothing before it tells what that is: {ASK}")
    return found[0]


def _their_bounds(arguments: Arguments, before: Layout, name: str) -> None:
    low, high = arguments["min_val"], arguments["max_val"]
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if low >= high:
        raise ConversionError(f"{name} has bounds of which the first is not below the second, as PyTorch needs")
    arguments["min_val"], arguments["max_val"] = low, high


def _their_recurrence(arguments: Arguments, before: Layout, name: str) -> None:
    arguments["batch_first"] = True


def _their_states(arguments: Arguments, before: Layout, name: str) -> None:
    """For a module that returns its states too: it always returns the whole sequence."""
    _their_recurrence(arguments, before, name)
    del arguments["return_sequences"]


_NO_DROPOUT = {"dropout": 0.0}
_NO_INDICES = {"return_indices": False}

TABLE = {
    row.module: row
    for row in (
        Row(nn.Linear, Linear),
        Row(nn.Flatten, Flatten, {"start_dim": 1, "end_dim": -1}, _our_flattening, _their_flattening),
        Row(nn.Unflatten, Unflatten, {"dim": 1}, _our_samples, _their_samples),
        Row(nn.Conv2d, Conv2d, {}, _our_sizes, _their_padding),
        Row(nn.MaxPool2d, MaxPool2d, _NO_INDICES, _our_stride, _their_padding),
        Row(nn.AvgPool2d, AvgPool2d, {}, _our_stride, _their_padding),
        Row(nn.AdaptiveAvgPool2d, AdaptiveAvgPool2d, {}, _our_sizes),
        Row(nn.AdaptiveMaxPool2d, AdaptiveMaxPool2d, _NO_INDICES, _our_sizes),
        Row(nn.BatchNorm1d, BatchNorm1d, to_theirs=_their_statistics),
        Row(nn.BatchNorm2d, BatchNorm2d, to_theirs=_their_statistics),
        Row(nn.LayerNorm, LayerNorm, {}, _our_shape, _their_shape),
        Row(nn.GroupNorm, GroupNorm, to_theirs=_their_bias),
        Row(nn.Dropout, Dropout),
        Row(nn.RNN, RNN, _NO_DROPOUT, to_theirs=_their_states),
        Row(nn.LSTM, LSTM, {**_NO_DROPOUT, "proj_size": 0}, to_theirs=_their_states),
        Row(nn.GRU, GRU, _NO_DROPOUT, to_theirs=_their_states),
        Row(nn.ReLU, ReLU),
        Row(nn.Hardtanh, Hardtanh, {}, to_theirs=_their_bounds),
        Row(nn.ReLU6, Hardtanh),
        Row(nn.LeakyReLU, LeakyReLU),
        Row(nn.PReLU, PReLU),
        Row(nn.ELU, ELU),
        Row(nn.SELU, SELU),
        Row(nn.GELU, GELU),
        Row(nn.SiLU, SiLU),
        Row(nn.Sigmoid, Sigmoid),
        Row(nn.Tanh, Tanh),
        Row(nn.Softplus, Softplus),
        Row(nn.Softsign, Softsign),
        Row(nn.Softmax, Softmax, {}, _our_dim, _their_dim),
        Row(nn.LogSoftmax, LogSoftmax, {}, _our_dim, _their_dim),
    )
}
#: Nural's modules around PyTorch's recurrent ones, which return only the output.
OUTPUT_ONLY = {
    row.module: row
    for row in (
        Row(RNNOutput, RNN, _NO_DROPOUT, to_theirs=_their_recurrence),
        Row(LSTMOutput, LSTM, {**_NO_DROPOUT, "proj_size": 0}, to_theirs=_their_recurrence),
        Row(GRUOutput, GRU, _NO_DROPOUT, to_theirs=_their_recurrence),
    )
}
#: The row of each layer; None for those that PyTorch has no module for.
ROWS: dict[type[Layer], Row | None] = {row.layer: row for row in reversed(TABLE.values())}
ROWS |= dict.fromkeys((Affine, Rescaling, Permute, Reverse, Graph, Sum, Concatenate))
