"""Layers: functions that own arrays. Knows no layer by name."""

from __future__ import annotations

import copy
import inspect
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np

from nural.arrays import Arrays, dotted, joined
from nural.initializers import Initializer, Parameter
from nural.parent import Parent
from nural.task import Task

DEFAULT_SEED = 0
#: Whoever draws weights that are not there yet holds this, so that they are drawn once.
_DRAWING = threading.RLock()
#: The most sets of a layer's buffers that are kept for the next `Layer.inference_twin`: one for each core.
_MOST_SPARE = os.cpu_count() or 1
#: What ``params``, ``grads`` and ``state`` are before they are first collected; no `Parent.structure` is −1.
_NOTHING = -1, Arrays()
#: Attributes that calls fill; they are not copied or pickled.
_FILLED = {"saved", "gradients_ready", "buffers", "_spare", "_own_grads", "_params", "_grads", "_state"}


class _NothingSaved:
    """Stands in the place of `Layer.saved` before any ``forward``."""

    def __get__(self, layer: Any, kind: type) -> Any:
        if layer is None:
            return self
        raise RuntimeError(f"{kind.__name__}: nothing to go back through; call forward before backward")


class Layer(Parent):
    """One step of a network: ``forward`` computes its output, ``backward`` takes the error back through it.

    A layer keeps each argument of its constructor as an attribute of the same name; `config` collects them. Attributes
    that are layers are its `children`, as in PyTorch, so that a network may be written as a class:

        class Net(nural.Layer):
            def __init__(self):
                super().__init__()
                self.a, self.b = nural.Linear(784, 100), nural.Linear(100, 10)

            def forward(self, x, train=False):
                return self.b(self.a(x, train), train)

            def backward(self, dy, need_dx=True):
                return self.a.backward(self.b.backward(dy), need_dx)

    Several threads may use one network at the same time through `nural.predict` and its like, since each of these
    computes on an `inference_twin`. ``forward`` and ``backward`` keep what they compute in the layer, so they are for
    one thread. What a layer of your own keeps between calls belongs in `buffer` and `saved`: these are never
    shared between threads, copied, pickled or saved.

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
        task: What the outputs stand for; None until a training or its maker says it.
        info: Anything JSON can hold that should travel with the model in its file, such as how inputs are prepared.

    Args:
        params: The layer's own parameters by name, ``{"W": (shape, initializer)}``; see `nural.initializers`.
        state: The initial value of each state array.
        children: The layers inside.
        dtype: Of parameters and state.
        rng: Draws the parameters at once. Without it they are drawn when first needed: by `fit` from its seed,
            elsewhere from ``default_rng(0)``, one generator for the whole network.
    """

    #: Operations of `forward` and `backward` for each value, by the formula: an addition, a multiplication, a division,
    #: a comparison, a drawn number and a function such as exp or the square root count as one each.
    operations_per_value = (0, 0)
    untracked = frozenset({"saved"})
    #: What the last ``forward`` kept for ``backward``.
    saved: Any = _NothingSaved()
    children: dict[str, Layer]
    #: Arguments of constructors that say how the arrays begin, not what the layer is.
    not_config = frozenset({"self", "rng", "initializer"})

    def __init__(
        self,
        *,
        params: Mapping[str, Parameter] | None = None,
        state: Mapping[str, np.ndarray] | None = None,
        children: Mapping[str, Layer] | None = None,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.shapes = {name: shape for name, (shape, _) in (params or {}).items()}
        self._initializers = {name: initializer for name, (_, initializer) in (params or {}).items()}
        self.dtype = np.dtype(dtype)
        if children or self.children:
            self.adopt(children or {})
        self.generator: np.random.Generator | None = None
        self.share = (0, 0)
        self.task: Task | None = None
        self.info: dict[str, Any] = {}
        self._own_state = {name: np.array(value, self.dtype) for name, value in (state or {}).items()}
        self._own_params: dict[str, np.ndarray] | None = None
        self._begin()
        if rng is not None:
            self.build(rng)

    # -- what a subclass writes ------------------------------------------------------------------------------

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """The layer's output for ``x``; keeps what ``backward`` needs. It lives until the next call."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Fill ``grads`` from ``dy`` = ∂L/∂y and return ∂L/∂x, which may be None if not ``need_dx``."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

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
        self.require_no_hidden_children()
        for child in self.children.values():
            child.build(rng)
        if self._own_params is None:
            self._own_params = {name: self._drawn(name, draw, rng) for name, draw in self._initializers.items()}

    def _drawn(self, name: str, draw: Initializer, rng: np.random.Generator) -> np.ndarray:
        value = np.array(draw(rng, self.shapes[name]), self.dtype, order="C")
        if value.shape != self.shapes[name]:
            raise ValueError(
                f"{type(self).__name__}: {name} is drawn with shape {value.shape}, expected {self.shapes[name]}"
            )
        return value

    def draw(self) -> Arrays:
        """`params`, drawn with one generator for all layers if they are not there yet."""
        structure, params = self._params
        if structure == Parent.structure:
            return params  # as nearly always
        with _DRAWING:
            structure = Parent.structure
            self.build(np.random.default_rng(DEFAULT_SEED))
            params = Arrays((self._own_params or {}) | dotted({n: child.draw() for n, child in self.children.items()}))
            self._params = structure, params
        return params

    @property
    def params(self) -> Arrays:
        """The learned arrays by dotted name."""
        return self.draw()

    @property
    def grads(self) -> Arrays:
        """The gradients, under the names of ``params``."""
        if self._grads[0] != Parent.structure:
            if self._own_grads is None:
                self._own_grads = {name: np.zeros(shape, self.dtype) for name, shape in self.shapes.items()}
            inner = {name: child.grads for name, child in self.children.items()}
            self._grads = Parent.structure, Arrays(self._own_grads | dotted(inner))
        return self._grads[1]

    @property
    def state(self) -> Arrays:
        """The running statistics, under dotted names."""
        structure, state = self._state
        if structure != Parent.structure:
            inner = {name: child.state for name, child in self.children.items()}
            state = Arrays(self._own_state | dotted(inner))
            self._state = Parent.structure, state
        return state

    def generators(self) -> dict[str, np.random.Generator]:
        """The generators of the layers that are random in training, under dotted names."""
        own = {} if self.generator is None else {"generator": self.generator}
        return own | dotted({name: child.generators() for name, child in self.children.items()})

    def all_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by dotted name; allocates none of them."""
        return self.shapes | dotted({name: child.all_shapes() for name, child in self.children.items()})

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

    def named_layers(self, place: str = "") -> Iterator[tuple[str, Layer]]:
        """This layer and all inside with their dotted names, in order; ``place`` is the name of this one."""
        yield place, self
        for name, child in self.children.items():
            yield from child.named_layers(joined(place, name))

    def leaves(self) -> Iterator[Layer]:
        """The layers that hold no others, in order."""
        return (layer for _, layer in self.named_layers() if not layer.children)

    def all_buffers(self) -> Iterator[np.ndarray]:
        """The scratch arrays of this layer and of the layers inside."""
        for _, layer in self.named_layers():
            yield from layer.buffers.values()

    def replica(self, copies: dict[int, Any] | None = None) -> Self:
        """A twin that shares ``params`` and owns its ``grads``, buffers, and copies of ``state`` and generators.

        Each worker that computes a share of a batch has one; see `nural.parallel.replicas`. ``copies``, which
        `copy.deepcopy` fills, lets layers that share a generator share its copy too.
        """
        self.draw()  # before they are shared
        copies = {} if copies is None else copies
        twin = copy.copy(self)
        twin.exchange_children({name: child.replica(copies) for name, child in self.children.items()})
        twin._own_state = {name: value.copy() for name, value in self._own_state.items()}
        twin.generator = copy.deepcopy(self.generator, copies)
        return twin

    def inference_twin(self) -> Self:
        """A twin for one ``forward`` in evaluation, by one thread while others use this layer, or other twins of it.

        It shares this layer's parameters, running statistics and attributes, and owns what such a pass writes: `saved`,
        and buffers, which `give_buffers_back` hands on to the next twin.
        """
        self.draw()
        own = vars(self).copy()
        own.pop("saved", None)
        try:
            own["buffers"] = self._spare.pop()
        except IndexError:
            own["buffers"] = {}
        twin = type(self).__new__(type(self))
        object.__setattr__(twin, "__dict__", own)
        if self.children:
            twin.exchange_children({name: child.inference_twin() for name, child in self.children.items()})
        return twin

    def give_buffers_back(self) -> None:
        """Hand the buffers of this `inference_twin` on to the next one, once nothing uses its output any more."""
        self._spare.append(self.buffers)
        for child in self.children.values():
            child.give_buffers_back()

    def astype(self, dtype: Any) -> Self:
        """A copy that owns its parameters and state, converted to ``dtype``."""
        twin = self.replica()
        twin.dtype = np.dtype(dtype)
        twin.exchange_children({name: child.astype(dtype) for name, child in self.children.items()})
        twin._own_params = {name: value.astype(dtype) for name, value in (self._own_params or {}).items()}
        twin._own_state = {name: value.astype(dtype) for name, value in self._own_state.items()}
        return twin

    def _begin(self) -> None:
        """Set the attributes that calls fill, as they are before any call."""
        self.gradients_ready: Callable[[str], None] | None = None
        self.buffers: dict[str, np.ndarray] = {}
        self._spare = deque[dict[str, np.ndarray]](maxlen=_MOST_SPARE)
        self._own_grads: dict[str, np.ndarray] | None = None
        self._params = self._grads = self._state = _NOTHING

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name not in _FILLED}
        if self._own_params is not None:
            kept["_initializers"] = {}  # they have done their work, and may be functions that cannot be pickled
        return kept

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def config(self) -> dict[str, Any]:
        """The constructor's arguments that say what the layer is."""
        return {argument.name: getattr(self, argument.name) for argument in arguments_of(type(self))}

    def take_share(self, before: int, after: int) -> None:
        """Set ``share`` here and in all layers inside."""
        for _, layer in self.named_layers():
            layer.share = before, after

    def children_changed(self) -> None:
        """Take the children's type, where they learn."""
        super().children_changed()
        learned = [child.dtype for child in self.children.values() if child.all_shapes()]
        if learned:
            self.dtype = np.result_type(*learned)

    def __call__(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """`forward`, with all weights drawn by one generator if they are not there yet."""
        self.draw()
        return self.forward(x, train)

    def __repr__(self) -> str:
        arguments = [a for a in arguments_of(type(self)) if hasattr(self, a.name)]
        shown = [(a.name, getattr(self, a.name)) for a in arguments if getattr(self, a.name) != a.default]
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown)})"


@lru_cache(maxsize=512)
def arguments_of(kind: type[Layer]) -> tuple[inspect.Parameter, ...]:
    """The arguments of a class's constructor that belong to `Layer.config`."""
    constructor = kind.__init__
    arguments = () if constructor is Layer.__init__ else inspect.signature(constructor).parameters.values()
    return tuple(a for a in arguments if a.kind is not a.VAR_POSITIONAL and a.name not in kind.not_config)


Layer.taken = frozenset({*dir(Layer), *vars(Layer())})
