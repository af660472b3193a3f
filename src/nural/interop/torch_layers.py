"""Nural's layers made of PyTorch's modules, and plans of PyTorch's modules for nural's layers. Imports PyTorch."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from nural.arrays import joined
from nural.containers import Residual, Sequential, computes_as
from nural.interop import ConversionError
from nural.interop.torch_layout import Layout, after, described, merged, places
from nural.interop.torch_modules import Residual as ResidualModule
from nural.interop.torch_table import OUTPUT_ONLY, ROWS, TABLE, Row
from nural.layer import Layer
from nural.layers.adaptive_pooling import GlobalAvgPool2d
from nural.layers.recurrent import Recurrent

#: PyTorch's modules for these containers.
CONTAINERS: dict[type[Layer], type[nn.Module]] = {Sequential: nn.Sequential, Residual: ResidualModule}


class Builder:
    """Builds nural's layers from PyTorch's modules, without their arrays.

    Attributes:
        modules: The modules by their paths in nural's model.
    """

    def __init__(self) -> None:
        self.modules: dict[str, nn.Module] = {}
        self._owners: dict[int, str] = {}

    def build(self, module: nn.Module, before: Layout, path: str = "") -> tuple[Layer, Layout]:
        """The layer, and the layout of its output."""
        _require_plain(module, path)
        if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
            layers = []
            for i, child in enumerate(module):  # not its children(), which leaves out repeated modules
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
            residual = Residual(branch, shortcut)
            return residual, merged((end, other_end), residual, path)
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
        modules: For a container, the plans of the modules in it.
        arguments: The other arguments of its constructor.
    """

    kind: type[nn.Module]
    modules: tuple["Plan", ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """A new module, with its own arrays."""
        return self.kind(*(plan.build() for plan in self.modules), **self.arguments)


def plan_of(model: Layer, before: Layout, alone: bool = False) -> Plan:
    """The module that stands for a model.

    ``alone`` makes a recurrent layer PyTorch's own module, which gives its states too.
    """
    alone = alone and not model.children
    return _assembled(model, {path: _plan(path, layer, now, alone) for path, layer, now in places(model, before)[0]})


def _assembled(layer: Layer, plans: Mapping[str, Plan], path: str = "") -> Plan:
    """The plan of a layer, made of those of the layers inside that are no containers."""
    if path in plans:
        return plans[path]
    kind = next((module for ours, module in CONTAINERS.items() if computes_as(layer, ours)), None)
    if kind is None:
        raise _no_module(path, layer)
    return Plan(kind, tuple(_assembled(child, plans, joined(path, name)) for name, child in layer.children.items()))


def _plan(path: str, layer: Layer, before: Layout, alone: bool) -> Plan:
    if type(layer) is GlobalAvgPool2d:
        pooling = Plan(nn.AdaptiveAvgPool2d, arguments={"output_size": 1})
        return Plan(nn.Sequential, (pooling, Plan(nn.Flatten)))
    row = ROWS.get(type(layer))
    if isinstance(layer, Recurrent) and not (alone and layer.return_sequences):
        row = next((row for row in OUTPUT_ONLY.values() if row.layer is type(layer)), None)
    if row is None:
        raise _no_module(path, layer)
    return Plan(row.module, arguments=_module_arguments(row, layer, before, path))


def _no_module(path: str, layer: Layer) -> ConversionError:
    return ConversionError(f"{described(path, layer)} has no module in PyTorch that nural knows")


def _require_plain(module: nn.Module, path: str) -> None:
    """Refuse hooks, including those of weight_norm, spectral_norm and prune."""
    hooks = {**module._forward_pre_hooks, **module._forward_hooks}
    if hooks:
        names = ", ".join(sorted({getattr(hook, "__name__", type(hook).__name__) for hook in hooks.values()}))
        raise ConversionError(f"{described(path, module)} has hooks ({names}), which nural does not have: remove them")


def _leaf(module: Any, before: Layout, path: str) -> Layer:
    row = TABLE.get(type(module)) or OUTPUT_ONLY.get(type(module))
    if row is None:
        where = f"module {path}" if path else "the module"
        raise ConversionError(f"{where} is a {type(module).__name__}, which nural does not have")
    for name, value in row.fixed.items():
        if getattr(module, name) != value and not (name == "dropout" and module.num_layers == 1):
            raise ConversionError(
                f"{described(path, module)} has {name}={getattr(module, name)!r}; nural has only {name}={value!r}"
            )
    kind = row.layer
    parameters = () if kind.__init__ is Layer.__init__ else inspect.signature(kind).parameters
    names = [name for name in parameters if name not in kind.not_config]
    arguments = {name: getattr(module, name) for name in names if hasattr(module, name)}
    if "bias" in arguments and not isinstance(arguments["bias"], bool):  # the array, or None
        affine = arguments.get("affine", arguments.get("elementwise_affine", True))
        arguments["bias"] = arguments["bias"] is not None or not affine
    row.to_ours(arguments, before, described(path, module))
    if "dtype" in names:
        arguments["dtype"] = _dtype(module, path)
    return kind(**arguments)


def _module_arguments(row: Row, layer: Layer, before: Layout, path: str) -> dict[str, Any]:
    arguments = layer.config()
    if "dtype" in arguments:
        arguments["dtype"] = getattr(torch, np.dtype(arguments["dtype"]).name)
    row.to_theirs(arguments, before, described(path, layer))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()}


def _dtype(module: nn.Module, path: str) -> Any:
    """float64 for a module of that type, else float32."""
    for name, value in module.state_dict().items():
        if not value.is_floating_point() and name != "num_batches_tracked":
            raise ConversionError(f"{described(path, module)} holds {value.dtype}, where nural has floats")
        if value.dtype == torch.float64:
            return np.float64
    return np.float32
