"""The arrays of a PyTorch state_dict and nural's: their names, and how one is transposed to the other."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nural.activations import PReLU
from nural.arrays import joined
from nural.interop import ConversionError
from nural.interop.torch_layout import (
    OF_IMAGES,
    Layout,
    TorchOrder,
    by_channel,
    by_pixel,
    described,
    first_layout,
    places,
)
from nural.layer import Layer
from nural.layers.batch_norm import BatchNorm1d
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Linear
from nural.layers.recurrent import Recurrent

VECTOR, MATRIX, KERNEL, IMAGE = (0,), (1, 0), (2, 3, 1, 0), (1, 2, 0)
#: PyTorch's names of parameters, and how they are transposed.
NAMES = {
    "W": ("weight", MATRIX),
    "K": ("weight", KERNEL),
    "b": ("bias", VECTOR),
    "gamma": ("weight", VECTOR),
    "beta": ("bias", VECTOR),
    "a": ("weight", VECTOR),
}


class Twin(NamedTuple):
    """An array of nural's, and PyTorch's array with the same values.

    Attributes:
        ours: Its dotted name in ``model.params`` or ``model.state``.
        theirs: Its name in the state_dict of the module that stands for its layer.
        array: Nural's array.
        axes: Nural's array is PyTorch's, transposed by these.
        channels: The channels, if the first dimension runs over flattened images; else 1.
    """

    ours: str
    theirs: str
    array: np.ndarray
    axes: tuple[int, ...]
    channels: int

    def to_ours(self, theirs: np.ndarray) -> np.ndarray:
        """PyTorch's values in nural's layout."""
        ours = theirs.transpose(self.axes) if theirs.ndim == len(self.axes) else theirs
        return by_pixel(ours, self.channels).reshape(self.array.shape)

    def to_theirs(self, ours: np.ndarray) -> np.ndarray:
        """nural's values in PyTorch's layout."""
        theirs = by_channel(ours, self.channels).transpose(np.argsort(self.axes))
        return theirs.reshape(()) if self.theirs == COUNT else np.ascontiguousarray(theirs)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that PyTorch's array has."""
        return self.to_theirs(np.empty(self.array.shape, bool)).shape


#: PyTorch counts batches in every batch norm that tracks statistics, nural only where the count is used.
COUNT = "num_batches_tracked"

Twins = dict[str, list[Twin]]


class Unordered(dict[str, np.ndarray]):
    """The arrays of a file that does not keep their order, by name, sorted."""


def twins(model: Layer, input_shape: Any) -> Twins:
    """The arrays of each layer that has any, by the layer's path.

    Raises:
        ConversionError: the order of an array's values depends on the layers around it, and is not known.
    """
    model.draw()
    found: Twins = {}
    inside, end = places(model, first_layout(input_shape))
    for path, layer, before in inside:
        arrays = {**layer.params, **layer.state}
        if arrays:
            found[path] = [_twin(path, layer, before, name, array) for name, array in arrays.items()]
    if end.order is TorchOrder.FLATTENED:
        raise ConversionError(
            "the model ends with a Flatten of images, or of sequences of channels, whose values PyTorch orders "
            "differently; for images Flatten(channels_first=True) has PyTorch's order"
        )
    return found


def fill(model: Layer, state: Mapping[str, np.ndarray], input_shape: Any, source: str = "the state_dict") -> None:
    """Put the arrays of a state_dict into a model; nothing is changed unless all of them fit.

    Raises:
        ConversionError: an array is missing, left over or of another shape, or its place cannot be known.
    """
    layers = twins(model, input_shape)
    modules = _modules(state)
    prefixes = _matched(model, layers, modules, source, ordered=not isinstance(state, Unordered))
    values = []
    for path, arrays in layers.items():
        for twin in arrays:
            theirs = joined(prefixes[path], twin.theirs)
            value = np.asarray(state[theirs])
            if value.shape != twin.shape:
                raise ConversionError(
                    f"{source}: {theirs} has shape {value.shape}, {_layer(model, path)!r} at {path or 'the top'} needs "
                    f"{twin.shape}"
                )
            values.append((twin, twin.to_ours(value)))
    for twin, value in values:
        twin.array[...] = value


def _twin(path: str, layer: Layer, before: Layout, name: str, array: np.ndarray) -> Twin:
    theirs, axes = _correspondence(layer, before, name)
    reads_features = isinstance(layer, (Linear, BatchNorm1d, LayerNorm, PReLU)) and len(array) > 1
    channels = 1
    if before.order is TorchOrder.FLATTENED and reads_features and name != "b":
        if before.channels is None:
            raise ConversionError(
                f"{described(path, layer)} reads flattened images whose number of channels nothing before it tells: "
                f"pass input_shape=(H, W, C)"
            )
        channels = before.channels
    return Twin(joined(path, name), theirs, array, axes, channels)


def _correspondence(layer: Layer, before: Layout, name: str) -> tuple[str, tuple[int, ...]]:
    """PyTorch's name of an array, and how it is transposed."""
    if isinstance(layer, Recurrent):
        axes = MATRIX if name.startswith("W") else VECTOR
        return name.replace("W_", "weight_").replace("b_", "bias_", 1), axes
    if isinstance(layer, LayerNorm):
        images = len(layer.normalized_shape) == 3 and before.order in OF_IMAGES
        axes = IMAGE if images else tuple(range(len(layer.normalized_shape)))
        return NAMES[name][0], axes
    return NAMES.get(name, (name, VECTOR))  # running statistics are called alike


def _modules(state: Mapping[str, Any]) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of a state_dict's arrays, module by module in its order."""
    modules: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, value in state.items():
        prefix, _, own = name.rpartition(".")
        modules.setdefault(prefix, {})[own] = np.shape(value)
    return modules


def _matched(model: Layer, layers: Twins, modules: Mapping[str, Any], source: str, ordered: bool) -> dict[str, str]:
    """Find the module that stands for each layer.

    That is the one of the same path, if layers and modules have the same paths; else the first unused one whose arrays
    have the same names and shapes. If the modules are not in order, only numbers in their names can decide which is the
    first.
    """
    if layers.keys() == modules.keys():
        _require_equal_names(model, layers, modules, source)
        return {path: path for path in layers}
    left = dict(modules)
    chosen = {}
    for path, arrays in layers.items():
        wanted = {twin.theirs: twin.shape for twin in arrays}
        fitting = [prefix for prefix, found in left.items() if _without_count(found, wanted) == wanted]
        if not fitting:
            needs = ", ".join(f"{name} {shape}" for name, shape in wanted.items())
            raise ConversionError(
                f"{source}: no module that is left has the arrays of {_layer(model, path)!r} at {path or 'the top'}: "
                f"{needs}; left are {_listed(left)}"
            )
        if not ordered and len({re.sub(r"\d+", "0", prefix) for prefix in fitting}) > 1:
            raise ConversionError(
                f"{source}: {' and '.join(fitting[:6])} fit {_layer(model, path)!r} at {path or 'the top'} equally "
                f"well, and the file keeps no order: pass a dict of its arrays in the order of the model's layers"
            )
        chosen[path] = fitting[0]
        del left[fitting[0]]
    if left:
        raise ConversionError(f"{source}: the model has no layer for {_listed(left)}")
    return chosen


def _require_equal_names(model: Layer, layers: Twins, modules: Mapping[str, Any], source: str) -> None:
    for path, arrays in layers.items():
        wanted = {twin.theirs for twin in arrays}
        found = _without_count(modules[path], wanted).keys()
        if missing := sorted(wanted - found):
            raise ConversionError(f"{source}: lacks {joined(path, missing[0])}, which {_layer(model, path)!r} needs")
        if extra := sorted(found - wanted):
            raise ConversionError(
                f"{source}: holds {joined(path, extra[0])}, which {_layer(model, path)!r} does not have"
            )


def _without_count(found: Mapping[str, Any], wanted: Any) -> dict[str, Any]:
    return {name: shape for name, shape in found.items() if name != COUNT or name in wanted}


def _listed(modules: Mapping[str, Any]) -> str:
    names = [joined(prefix, name) for prefix, found in modules.items() for name in found]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "") if names else "none"


def _layer(model: Layer, path: str) -> Layer:
    return dict(model.named_layers())[path]
