"""Layers: functions that own arrays, and the containers that chain them. Knows no layer by name."""

from __future__ import annotations

import copy
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

DEFAULT_SEED = 0


class Arrays(dict[str, np.ndarray]):
    """Arrays by name. Setting an item fills the array that is there, so everyone who holds it sees the new values."""

    def __setitem__(self, name: str, value: Any) -> None:
        array = self[name]
        if value is array:  # what `params[name] -= step` does
            return
        if np.shape(value) != array.shape:
            raise ValueError(f"{name} has shape {array.shape}; cannot fill it with shape {np.shape(value)}")
        array[...] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


class Layer:
    """One step of a network: ``forward`` computes its output, ``backward`` takes the error back through it.

    A layer keeps each argument of its constructor as an attribute of the same name; `config` collects them.

    Attributes:
        params: What is learned, by name, the children's under dotted names (``0.W``). Filled, never rebound.
        grads: ∂L/∂params under the same names, overwritten by each ``backward``.
        state: What is neither learned nor scratch: the running statistics of a normalisation.
        children: The layers inside this one, by name.
        buffers: Scratch arrays that are kept between calls.
        generator: The source of randomness of a layer that is random in training; None for the others.
        share: In training, how many rows of the batch come before those that this replica gets, and how many after.
        gradients_ready: If set, a container's ``backward`` calls it with the name of each child that has filled its
            ``grads``, while the others are still at work.
        info: Anything JSON can hold that should travel with the model in its file, such as how inputs are prepared.

    Args:
        shapes: The shape of each of the layer's own parameters.
        state: The initial value of each state array.
        children: The layers inside.
        dtype: Of parameters and state.
        rng: Draws the parameters at once. Without it they are drawn when first needed: by `fit` from its seed,
            elsewhere from ``default_rng(0)``, one generator for the whole network.
    """

    #: What `forward` and `backward` compute for each value, by the formula: an addition, a multiplication, a division,
    #: a comparison, a drawn number and a function such as exp or the square root are each one operation.
    operations_per_value = (0, 0)
    #: Arguments of constructors that say how the arrays begin, not what the layer is.
    not_config = frozenset({"self", "rng", "initializer"})

    def __init__(
        self,
        *,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        state: Mapping[str, np.ndarray] | None = None,
        children: Mapping[str, Layer] | None = None,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.shapes = dict(shapes or {})
        self.children = dict(children or {})
        learned = [child.dtype for child in self.children.values() if child.all_shapes()]
        self.dtype = np.result_type(*learned) if learned else np.dtype(dtype)
        self.generator: np.random.Generator | None = None
        self.share = (0, 0)
        self.gradients_ready: Callable[[str], None] | None = None
        self.info: dict[str, Any] = {}
        self.buffers: dict[str, np.ndarray] = {}
        self._saved: tuple[Any, ...] = ()
        self._own_state = {name: np.array(value, self.dtype) for name, value in (state or {}).items()}
        self._own_params: dict[str, np.ndarray] | None = None
        self._forget_collected()
        if rng is not None:
            self.build(rng)

    # -- what a subclass writes ------------------------------------------------------------------------------

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """The layer's output for ``x``; keeps what ``backward`` needs. It lives until the next call."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Fill ``grads`` from ``dy`` = ∂L/∂y and return ∂L/∂x, which without ``need_dx`` may be left out: None."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def initial_value(self, name: str, rng: np.random.Generator) -> np.ndarray:
        """The first value of the layer's own parameter ``name``: zeros, unless a subclass says otherwise."""
        return np.zeros(self.shapes[name], self.dtype)

    def operations(self, x_shape: tuple[int, ...], y_shape: tuple[int, ...], need_dx: bool = True) -> tuple[int, int]:
        """The floating-point operations of the formula and of its gradient for one batch, without the children's.

        By default `operations_per_value` for each value of the larger of input and output; a layer with products
        counts those alone, two operations for each multiplication and the addition after it.

        Args:
            x_shape: The input's shape.
            y_shape: The output's shape.
            need_dx: Whether ``backward`` computes ∂L/∂x.
        """
        values = max(math.prod(x_shape), math.prod(y_shape))
        forward, backward = self.operations_per_value
        return forward * values, backward * values

    # -- parameters ------------------------------------------------------------------------------------------

    def build(self, rng: np.random.Generator) -> None:
        """Draw from ``rng`` the parameters that are not there yet, layer by layer."""
        for child in self.children.values():
            child.build(rng)
        if self._own_params is None:
            initial = {name: self.initial_value(name, rng) for name in self.shapes}
            self._own_params = {name: np.array(value, self.dtype, order="C") for name, value in initial.items()}

    def draw(self) -> Arrays:
        """`params`, drawn with one generator for all layers if they are not there yet."""
        if self._params is None:
            self.build(np.random.default_rng(DEFAULT_SEED))
            own = self._own_params or {}
            self._params = Arrays(own | _dotted({name: child.params for name, child in self.children.items()}))
        return self._params

    @property
    def params(self) -> Arrays:
        """The learned arrays by dotted name."""
        return self.draw()

    @property
    def grads(self) -> Arrays:
        """The gradients, under the names of ``params``."""
        if self._grads is None:
            own = {name: np.zeros(shape, self.dtype) for name, shape in self.shapes.items()}
            self._grads = Arrays(own | _dotted({name: child.grads for name, child in self.children.items()}))
        return self._grads

    @property
    def state(self) -> Arrays:
        """The running statistics, under dotted names."""
        if self._state is None:
            inner = {name: child.state for name, child in self.children.items()}
            self._state = Arrays(self._own_state | _dotted(inner))
        return self._state

    def generators(self) -> dict[str, np.random.Generator]:
        """The generators of the layers that are random in training, under dotted names."""
        own = {} if self.generator is None else {"generator": self.generator}
        return own | _dotted({name: child.generators() for name, child in self.children.items()})

    def all_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by dotted name; allocates none of them."""
        return self.shapes | _dotted({name: child.all_shapes() for name, child in self.children.items()})

    @property
    def saved(self) -> Any:
        """What the last ``forward`` kept for ``backward``."""
        if not self._saved:
            raise RuntimeError(f"{type(self).__name__}: nothing to go back through; call forward before backward")
        return self._saved[0]

    @saved.setter
    def saved(self, value: Any) -> None:
        self._saved = (value,)

    # -- scratch and copies ----------------------------------------------------------------------------------

    def buffer(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """A scratch array that is kept: it grows with the batch and is handed out as its first ``shape[0]`` rows."""
        kept = self.buffers.get(name)
        if kept is not None and kept.shape == shape and kept.dtype == dtype:
            return kept  # as nearly always
        fits = kept is not None and kept.dtype == dtype and kept.ndim == len(shape) and kept.shape[1:] == shape[1:]
        if kept is None or not fits or kept.shape[:1] < shape[:1]:
            kept = self.buffers[name] = np.empty(shape, dtype)
        return kept[: shape[0]] if shape else kept

    def all_buffers(self) -> Iterator[np.ndarray]:
        """The scratch arrays of this layer and of the layers inside."""
        yield from self.buffers.values()
        for child in self.children.values():
            yield from child.all_buffers()

    def replica(self, copies: dict[int, Any] | None = None) -> Self:
        """A twin that shares ``params`` and owns its ``grads``, buffers, and copies of ``state`` and generators.

        It is what a worker needs, who takes a share of each batch; see `nural.parallel`. Through ``copies``, which
        `copy.deepcopy` fills, layers that share a generator share its copy too.
        """
        self.draw()  # before they are shared
        copies = {} if copies is None else copies
        twin = copy.copy(self)
        twin.children = {name: child.replica(copies) for name, child in self.children.items()}
        twin.buffers = {}
        twin.gradients_ready = None
        twin._saved = ()
        twin._own_state = {name: value.copy() for name, value in self._own_state.items()}
        twin.generator = copy.deepcopy(self.generator, copies)
        twin._forget_collected()
        return twin

    def astype(self, dtype: Any) -> Self:
        """A copy that owns its parameters and state, converted to ``dtype``."""
        twin = self.replica()
        twin.dtype = np.dtype(dtype)
        twin.children = {name: child.astype(dtype) for name, child in self.children.items()}
        twin._own_params = {name: value.astype(dtype) for name, value in (self._own_params or {}).items()}
        twin._own_state = {name: value.astype(dtype) for name, value in self._own_state.items()}
        return twin

    def config(self) -> dict[str, Any]:
        """The constructor's arguments that say what the layer is."""
        return {argument.name: getattr(self, argument.name) for argument in self._arguments()}

    def take_share(self, before: int, after: int) -> None:
        """Set ``share`` here and in all layers inside."""
        self.share = before, after
        for child in self.children.values():
            child.take_share(before, after)

    def __call__(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """`forward`."""
        return self.forward(x, train)

    def __repr__(self) -> str:
        shown = [(a.name, getattr(self, a.name)) for a in self._arguments() if getattr(self, a.name) != a.default]
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown)})"

    def _arguments(self) -> list[inspect.Parameter]:
        constructor = type(self).__init__
        arguments = () if constructor is Layer.__init__ else inspect.signature(constructor).parameters.values()
        return [a for a in arguments if a.kind is not a.VAR_POSITIONAL and a.name not in self.not_config]

    def _forget_collected(self) -> None:
        self._params: Arrays | None = None
        self._grads: Arrays | None = None
        self._state: Arrays | None = None


class Sequential(Layer):
    """Layers one after another: y = f_n(… f_2(f_1(x))); backward goes through them in reverse (the chain rule).

    Args:
        *layers: In the order in which the input passes through them. Each occurs once.
        rng: Draws the parameters of the layers that have none yet.
    """

    def __init__(self, *layers: Layer, rng: np.random.Generator | None = None) -> None:
        if not all(isinstance(layer, Layer) for layer in layers):
            wrong = next(layer for layer in layers if not isinstance(layer, Layer))
            raise TypeError(f"Sequential takes layers, one after another; got {type(wrong).__name__}")
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("Sequential: a layer object occurs twice; each place needs a layer of its own")
        super().__init__(children={str(i): layer for i, layer in enumerate(layers)}, rng=rng)

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
    """A branch with a way around it: y = branch(x) + shortcut(x), and ∂L/∂x is the sum of what comes back through both.

    Args:
        branch: What is learned beside the shortcut. Its output has the shape of the shortcut's.
        shortcut: By default the input as it is; a projection where the branch changes the shape.

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
        """What is learned."""
        return self.children["branch"]

    @property
    def shortcut(self) -> Layer | None:
        """The layer on the way around, if there is one."""
        return self.children.get("shortcut")

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = branch(x) + shortcut(x)."""
        self.draw()
        y = self.branch.forward(x, train)
        around = x if self.shortcut is None else self.shortcut.forward(x, train)
        if y.shape != around.shape:
            raise ValueError(f"Residual: the branch gives shape {y.shape}, the shortcut {around.shape}")
        return np.add(y, around, out=self.buffer("y", y.shape, y.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x: what comes back through the branch plus what comes back through the shortcut."""
        dx = self.branch.backward(dy, need_dx)
        if self.gradients_ready is not None:
            self.gradients_ready("branch")
        around = dy if self.shortcut is None else self.shortcut.backward(dy, need_dx)
        if self.gradients_ready is not None and self.shortcut is not None:
            self.gradients_ready("shortcut")
        return np.add(dx, around, out=self.buffer("dx", dx.shape, dx.dtype)) if need_dx else None

    def __repr__(self) -> str:
        return _listed(self)


def _listed(layer: Layer) -> str:
    """A container and what is in it, a line each."""
    inside = "".join(f"{name}: {child!r},\n" for name, child in layer.children.items())
    return f"{type(layer).__name__}(\n{textwrap.indent(inside, '  ')})"


def _dotted(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}
