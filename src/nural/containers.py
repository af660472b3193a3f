"""Layers made of layers: one after another, or a branch beside a shortcut."""

import textwrap
from collections.abc import Mapping
from typing import Any, TypeGuard, TypeVar

import numpy as np

from nural.layer import Layer

AnyLayer = TypeVar("AnyLayer", bound=Layer)
Entry = TypeVar("Entry")


class Sequential(Layer):
    """Layers one after another: y = f_n(… f_2(f_1(x))); backward goes through them in reverse (the chain rule).

    Args:
        *layers: In the order in which the input passes through them; each layer object only once.
        rng: Draws the parameters of the layers that have none yet.
    """

    def __init__(self, *layers: Layer, rng: np.random.Generator | None = None) -> None:
        if not all(isinstance(layer, Layer) for layer in layers):
            wrong = next(layer for layer in layers if not isinstance(layer, Layer))
            raise TypeError(f"Sequential takes layers, one after another; got {type(wrong).__name__}")
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("Sequential: a layer object occurs twice; each place needs a layer of its own")
        super().__init__(children={str(i): layer for i, layer in enumerate(layers)}, rng=rng)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Layer):
            raise TypeError(
                f"{type(self).__name__}: the attribute {name} would be one more layer in the chain: pass it in its "
                "place, or derive from Layer, whose layers are attributes"
            )
        super().__setattr__(name, value)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order."""
        return list(self.children.values())

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Pass ``x`` through the layers in order."""
        self.draw()
        for layer in self.children.values():
            x = layer.forward(x, train)
        return x

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Pass ``dy`` through the layers in reverse; without ``need_dx`` it ends at the first one that learns."""
        layers = list(self.children.items())
        first = 0 if need_dx else next((i for i, (_, layer) in enumerate(layers) if layer.all_shapes()), len(layers))
        for i in range(len(layers) - 1, first - 1, -1):
            name, layer = layers[i]
            dy = layer.backward(dy, need_dx or i > first)
            if self.gradients_ready is not None:
                self.gradients_ready(name)
        return dy if need_dx else None

    def __getitem__(self, i: int) -> Layer:
        return self.layers[i]

    def __len__(self) -> int:
        return len(self.children)

    def __repr__(self) -> str:
        return _listed(self)


class Residual(Layer):
    """A branch beside a shortcut: y = branch(x) + shortcut(x), and ∂L/∂x is the sum of the gradients of both.

    Args:
        branch: Computes what is added to the shortcut; its output has the shape of the shortcut's.
        shortcut: By default the unchanged input; a projection if the branch changes the shape.

    Source: He et al. 2016, Deep Residual Learning for Image Recognition, section 3.2.
    """

    operations_per_value = (1, 1)
    not_config = Layer.not_config | {"branch", "shortcut"}

    def __init__(self, branch: Layer, shortcut: Layer | None = None) -> None:
        children = {"branch": branch} if shortcut is None else {"branch": branch, "shortcut": shortcut}
        for name, child in children.items():
            if not isinstance(child, Layer):
                raise TypeError(f"Residual: {name} must be a layer, got {type(child).__name__}")
        if branch is shortcut:
            raise ValueError("Residual: branch and shortcut are the same layer object; each needs one of its own")
        super().__init__(children=children)

    @property
    def branch(self) -> Layer:
        """The layer that computes what is added."""
        return self.children["branch"]

    @property
    def shortcut(self) -> Layer | None:
        """The layer of the shortcut, if there is one."""
        return self.children.get("shortcut")

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = branch(x) + shortcut(x)."""
        self.draw()
        y = self.branch.forward(x, train)
        shortcut = x if self.shortcut is None else self.shortcut.forward(x, train)
        if y.shape != shortcut.shape:
            raise ValueError(f"Residual: the branch gives shape {y.shape}, the shortcut {shortcut.shape}")
        return np.add(y, shortcut, out=self.buffer("y", y.shape, y.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x: the branch's plus the shortcut's."""
        dx = self.branch.backward(dy, need_dx)
        if self.gradients_ready is not None:
            self.gradients_ready("branch")
        shortcut = dy if self.shortcut is None else self.shortcut.backward(dy, need_dx)
        if self.gradients_ready is not None and self.shortcut is not None:
            self.gradients_ready("shortcut")
        return np.add(dx, shortcut, out=self.buffer("dx", dx.shape, dx.dtype)) if need_dx else None

    def __repr__(self) -> str:
        return _listed(self)


def computes_as(layer: Layer, *kinds: type[AnyLayer]) -> TypeGuard[AnyLayer]:
    """Whether a layer computes as one of these classes of nural's.

    It is of that class, or of one derived from it which has no ``forward``, ``compute`` or ``pair`` of its own.
    """
    if type(layer) in kinds or not isinstance(layer, kinds):
        return type(layer) in kinds
    return _parts(type(layer)) in [_parts(kind) for kind in kinds]


def entry_for(layer: Layer, table: Mapping[type[Layer], Entry]) -> Entry | None:
    """What a table has for the layer's class, or for the nearest that this one is derived from; None for none."""
    return next((table[kind] for kind in type(layer).__mro__ if kind in table), None)


def _parts(kind: type[Layer]) -> tuple[Any, ...]:
    """What a class computes with."""
    return kind.forward, getattr(kind, "compute", None), getattr(kind, "pair", None)


def _listed(layer: Layer) -> str:
    """A container and its layers, one per line."""
    inside = "".join(f"{name}: {child!r},\n" for name, child in layer.children.items())
    return f"{type(layer).__name__}(\n{textwrap.indent(inside, '  ')})"
