"""What RNN, LSTM and GRU share: products over all steps at once, and a layer that stacks passes in both directions.

Inside the pairs time comes first, ``(T, …, N, H)``: what one step reads and writes lies together, which NumPy goes
through 3 times as fast as through steps of ``(N, T, H)``.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from nural.checks import as_floats, require_int, require_only, require_shape
from nural.initializers import Parameter, uniform
from nural.layer import Layer
from nural.layers.rows import column_sums
from nural.scratch import Scratch


def require_sequences(
    name: str,
    x: np.ndarray,
    W_ih: np.ndarray,
    W_hh: np.ndarray,
    biases: Sequence[np.ndarray | None],
    states: Sequence[np.ndarray | None],
) -> None:
    """Raise ValueError, on behalf of ``name``, unless x is ``(N, T, F)``, fits W_ih, and the others fit these two."""
    if x.ndim != 3 or x.shape[-1:] != W_ih.shape[:-1]:
        raise ValueError(f"{name}: x of shape {x.shape} is not (N, T, {len(W_ih)}), which W_ih of {W_ih.shape} takes")
    require_shape(name, "W_hh", W_hh, (len(W_hh), W_ih.shape[-1]))
    for bias in biases:
        require_shape(name, "a bias", bias, W_ih.shape[-1:])
    for state in states:
        require_shape(name, "the state before the first step", state, (len(x), len(W_hh)))


def time_first(a: np.ndarray, scratch: Scratch, name: str) -> np.ndarray:
    """A copy of ``a``, ``(N, T, …)``, as ``(T, N, …)``."""
    swapped = a.swapaxes(0, 1)
    copy = scratch(name, swapped.shape, a.dtype)
    copy[...] = swapped
    return copy


def by_gate(W: np.ndarray, gates: int) -> np.ndarray:
    """``(…, G·H)`` as ``(G, …, H)``: a view that gives each gate its own matrix."""
    return np.moveaxis(W.reshape(*W.shape[:-1], gates, -1), -2, 0)


def input_product(x: np.ndarray, W_ih: np.ndarray, b: np.ndarray | None, out: np.ndarray, scratch: Scratch) -> None:
    """x_t W_ih + b for all steps at once, into ``out``, ``(T, G, N, H)``."""
    gates = out.shape[1]
    np.matmul(time_first(x, scratch, "x")[:, None], by_gate(W_ih, gates), out=out)
    if b is not None:
        out += by_gate(b, gates)[:, None]


def begin(state: np.ndarray | None, shape: tuple[int, ...], dtype: Any, scratch: Scratch, name: str) -> np.ndarray:
    """A copy of the given state, or zeros."""
    copy = scratch(name, shape, dtype)
    copy[...] = 0 if state is None else state
    return copy


def states_before(h: np.ndarray, h0: np.ndarray | None, scratch: Scratch) -> np.ndarray:
    """What each step began with, h0, h_1, …, h_{T−1}: ``(T, N, H)``."""
    n, steps, size = h.shape
    before = scratch("before", (steps, n, size), h.dtype)
    before[0] = 0 if h0 is None else h0
    before[1:] = h.swapaxes(0, 1)[:-1]
    return before


def product_gradients(inputs: np.ndarray, da: np.ndarray, dW: np.ndarray | None, db: np.ndarray | None) -> None:
    """∂L/∂W = Σ inputsᵀ da and ∂L/∂b = Σ da of ``a = inputs W + b``, over steps and samples, where they are wanted."""
    rows = da.reshape(-1, da.shape[-1])
    if dW is not None:
        np.matmul(inputs.reshape(-1, inputs.shape[-1]).T, rows, out=dW)
    if db is not None:
        column_sums(rows, out=db)


def input_gradient(da: np.ndarray, W_ih: np.ndarray, out: np.ndarray | None, scratch: Scratch) -> None:
    """∂L/∂x_t = ∂L/∂a_t W_ihᵀ for all steps at once, if it is wanted; da is ``(T, N, G·H)``."""
    if out is not None:
        dx = scratch("x", (len(da) * da.shape[1], len(W_ih)), da.dtype)
        np.matmul(da.reshape(-1, da.shape[-1]), W_ih.T, out=dx)
        out[...] = dx.reshape(*da.shape[:2], -1).swapaxes(0, 1)


def sigmoid(a: np.ndarray) -> None:
    """1 / (1 + e⁻ᵃ), in place, as (1 + tanh(a / 2)) / 2, which cannot overflow.

    `nural.activations` has another form of it; layers come before activations and import nothing from there.
    """
    a *= 0.5
    np.tanh(a, out=a)
    a += 1
    a *= 0.5


class Recurrent(Layer):
    """A stack of recurrent layers, in one or both directions, that compute with the pair which a subclass names.

    Parameters, for layer 0: ``W_ih_l0`` ``(in, G·H)``, ``W_hh_l0`` ``(H, G·H)`` and the biases ``b_ih_l0`` and
    ``b_hh_l0``, ``(G·H,)``, with G gates side by side; ``…_l0_reverse`` for the pass from the end. They are
    PyTorch's, transposed.
    """

    #: The forward and the backward function.
    pair: ClassVar[tuple[Any, Any]]
    #: What the forward function returns beside h, by name: the dimensions between T and ``(N, H)``.
    kept: ClassVar[dict[str, tuple[int, ...]]] = {}
    #: How many gates there are, and how many states a step hands to the next.
    gate_count = 1
    states = 1
    not_config = Layer.not_config | {"batch_first", "dropout"}
    #: The constructor's arguments that the pair takes.
    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        batch_first: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        return_sequences: bool = True,
        rng: np.random.Generator | None = None,
        dtype: Any = np.float32,
    ) -> None:
        name = type(self).__name__
        require_only(name, "batch_first", batch_first, True)
        require_only(name, "dropout", dropout, 0.0)
        self.input_size = input_size = require_int(name, "input_size", input_size)
        self.hidden_size = hidden_size = require_int(name, "hidden_size", hidden_size)
        self.num_layers = num_layers = require_int(name, "num_layers", num_layers)
        self.bias, self.bidirectional, self.return_sequences = bool(bias), bool(bidirectional), bool(return_sequences)
        params: dict[str, Parameter] = {}
        width, draw = self.gate_count * hidden_size, uniform(1 / math.sqrt(hidden_size))  # as in PyTorch
        for i in range(num_layers):
            for run in self.runs(i):
                params[f"W_ih_{run}"] = (hidden_size * len(self.runs(i)) if i else input_size, width), draw
                params[f"W_hh_{run}"] = (hidden_size, width), draw
                if bias:
                    params[f"b_ih_{run}"] = params[f"b_hh_{run}"] = (width,), draw
        super().__init__(params=params, rng=rng, dtype=dtype)

    def runs(self, i: int) -> list[str]:
        """The names of layer i's passes over the sequence: one, or one for each direction."""
        return [f"l{i}", f"l{i}_reverse"] if self.bidirectional else [f"l{i}"]

    def forward(self, x: np.ndarray, train: bool = False, initial: Any = None) -> np.ndarray:
        """The last layer's h: of all steps, ``(N, T, D·H)``, or what it ends with, ``(N, D·H)``; D directions.

        Args:
            x: Sequences, ``(N, T, F)``.
            train: Makes no difference.
            initial: The states before the first step, zeros by default: ``(layers · D, N, H)``, in the order of the
                parameters; for an LSTM a pair ``(h0, c0)`` of such arrays.
        """
        x = as_floats(type(self).__name__, x, self.dtype)
        if x.ndim != 3 or x.shape[-1] != self.input_size:
            raise ValueError(f"{type(self).__name__} takes (N, T, {self.input_size}); got shape {x.shape}")
        n, steps, _ = x.shape
        dtype = np.result_type(x, self.dtype)
        states = self._states_by_run(initial, n)
        self.saved = {}
        for i in range(self.num_layers):
            y = self.buffer(f"y_l{i}", (n, steps, len(self.runs(i)) * self.hidden_size), dtype)
            for run, h in self._parts(i, y):
                shapes = {name: (steps, *between, n, self.hidden_size) for name, between in self.kept.items()}
                kept = [self._array(f"{name}_{run}", shape, dtype) for name, shape in shapes.items()]
                self.saved[run] = _in_order(run, x), [_in_order(run, h), *kept], states[run]
                self._run_forward(run)
            x = y
        if self.return_sequences:
            return x
        last = self.buffer("last", (n, x.shape[-1]), dtype)
        for run, h in self._parts(self.num_layers - 1, last):
            h[...] = self.saved[run][1][0][:, -1]
        return last

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; fills the gradients of all weights. That of the initial states is found by the pair alone."""
        if not self.return_sequences:
            dy = self._at_the_end(dy)
        for i in reversed(range(self.num_layers)):
            found = [self._run_backward(run, dy_run, need_dx or i > 0) for run, dy_run in self._parts(i, dy)]
            dy = found[0]
            if len(found) == 2 and dy is not None:
                dy += found[1]
        return dy

    def operations(self, x_shape: tuple[int, ...], y_shape: tuple[int, ...], need_dx: bool = True) -> tuple[int, int]:
        """Those of the products of all steps with all weights; the gates' own are far fewer and left out."""
        steps = 2 * x_shape[0] * x_shape[1]
        sizes = {name: math.prod(shape) for name, shape in self.shapes.items() if name.startswith("W")}
        product = steps * sum(sizes.values())
        without = 0 if need_dx else steps * sum(sizes[f"W_ih_{run}"] for run in self.runs(0))
        return product, 2 * product - without

    def final_states(self) -> Any:
        """What the last step handed on, as ``initial`` takes it: PyTorch's ``h_n`` or ``(h_n, c_n)``."""
        h_n = np.stack([results[0][:, -1] for _, results, _ in self.saved.values()])
        others = [np.stack([results[k][-1] for _, results, _ in self.saved.values()]) for k in range(1, self.states)]
        return (h_n, *others) if others else h_n

    def _run_forward(self, run: str) -> None:
        """One pass over the sequence."""
        x, results, states = self.saved[run]
        weights = [self.params.get(f"{name}_{run}") for name in ("W_ih", "W_hh", "b_ih", "b_hh")]
        out = tuple(results) if self.kept else results[0]
        self.pair[0](x, *weights, *states, *self._settings(), out=out, scratch=self._array)

    def _run_backward(self, run: str, dy: np.ndarray, need_dx: bool) -> Any:
        """The gradient of one pass: what it adds to ∂L/∂x, in the order of the layer's x."""
        x, results, states = self.saved[run]
        weights = [self.params[f"{name}_{run}"] for name in ("W_ih", "W_hh")]
        dweights = [self.grads.get(f"{name}_{run}") for name in ("W_ih", "W_hh", "b_ih", "b_hh")]
        dx = self.buffer(f"dx_{run}", x.shape, results[0].dtype) if need_dx else None
        out = (*dweights, *[None] * self.states, None if dx is None else _in_order(run, dx))
        dy = _in_order(run, dy)
        self.pair[1](dy, *weights, x, *results, *states, *self._settings(), out=out, scratch=self._array)
        return dx

    def _settings(self) -> list[Any]:
        return [getattr(self, name) for name in self.settings]

    def _parts(self, i: int, a: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Each of layer i's passes with its H values of the last dimension."""
        size = self.hidden_size
        return [(run, a[..., k * size : (k + 1) * size]) for k, run in enumerate(self.runs(i))]

    def _array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """A buffer whose samples are not the first dimension, but which shrinks with them all the same."""
        return self.buffer(name, (math.prod(shape),), dtype).reshape(shape)

    def _at_the_end(self, dy: np.ndarray) -> np.ndarray:
        """Zeros for all steps but the last of each direction, which alone was used."""
        n, steps, _ = next(iter(self.saved.values()))[0].shape
        everywhere = self.buffer("dy", (n, steps, dy.shape[-1]), dy.dtype)
        everywhere.fill(0)
        last = self.num_layers - 1
        for (run, into), (_, dy_run) in zip(self._parts(last, everywhere), self._parts(last, dy), strict=True):
            _in_order(run, into)[:, -1] = dy_run
        return everywhere

    def _states_by_run(self, initial: Any, n: int) -> dict[str, list[Any]]:
        """The initial states of each pass, None for zeros."""
        runs = [run for i in range(self.num_layers) for run in self.runs(i)]
        if initial is None:
            return {run: [None] * self.states for run in runs}
        given = [np.asarray(state) for state in ((initial,) if self.states == 1 else initial)]
        expected = (len(runs), n, self.hidden_size)
        if len(given) != self.states or any(state.shape != expected for state in given):
            found = [state.shape for state in given]
            raise ValueError(f"{type(self).__name__}: initial must be {self.states} states of {expected}; got {found}")
        return {run: [state[k] for state in given] for k, run in enumerate(runs)}


def _in_order(run: str, a: np.ndarray) -> np.ndarray:
    """A view of ``(N, T, …)`` in the order in which the pass goes through the steps."""
    return a[:, ::-1] if run.endswith("_reverse") else a
