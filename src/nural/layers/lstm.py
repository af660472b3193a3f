"""Long short-term memory: a cell that gates write, keep and read."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import float_arrays, outputs, require_gradient
from nural.layers.recurrent import (
    Recurrent,
    begin,
    by_gate,
    input_gradient,
    input_product,
    product_gradients,
    require_sequences,
    sigmoid,
    states_before,
    time_first,
)
from nural.scratch import Scratch, new_array


def lstm_forward(
    x: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    b_ih: ArrayLike | None = None,
    b_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    out: tuple[np.ndarray, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[np.ndarray, ...]:
    """Long short-term memory, for t = 1 … T: four gates, the cell c_t, the output h_t.

    a_t = x_t W_ih + b_ih + h_{t−1} W_hh + b_hh, in four parts: i, f, o = σ(a_i), σ(a_f), σ(a_o) and g = tanh(a_g);
    c_t = f · c_{t−1} + i · g; h_t = o · tanh c_t.

    Args:
        x: Sequences, ``(N, T, F)``.
        W_ih: From input to gates, ``(F, 4·H)``; the gates are in the order i, f, g, o, as in PyTorch and Keras.
        W_hh: From hidden to gates, ``(H, 4·H)``.
        b_ih: Biases, ``(4·H,)``, or None for none.
        b_hh: More biases, ``(4·H,)``, or None: one would do, but PyTorch has two, and each has the same gradient.
        h0: Output before the first step, ``(N, H)``, or None for zeros.
        c0: Cell before the first step, ``(N, H)``, or None for zeros.
        out: ``(h, c, gates)`` to write to.
        scratch: Gives arrays to work in: of x's size, and a few for one step.

    Returns:
        ``(h, c, gates)``: ``(N, T, H)``, ``(T, N, H)``, ``(T, 4, N, H)``. The backward pass takes them all.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or an array does not fit the others.

    Source: Hochreiter and Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000, Learning to Forget, for f.
    """
    x, W_ih, W_hh, b_ih, b_hh, h0, c0 = float_arrays("lstm_forward", x, W_ih, W_hh, b_ih, b_hh, h0, c0)
    require_sequences("lstm_forward", x, W_ih, W_hh, (b_ih, b_hh), (h0, c0))
    n, steps, _ = x.shape
    size = len(W_hh)
    shapes = (n, steps, size), (steps, n, size), (steps, 4, n, size)
    h, c, gates = outputs("lstm_forward", out, shapes, x.dtype, contiguous=False)
    input_product(x, W_ih, b_ih, gates, scratch)
    state = begin(h0, (n, size), h.dtype, scratch, "state")
    cell = begin(c0, (n, size), h.dtype, scratch, "cell")
    recurrent = scratch("recurrent", (4, n, size), h.dtype)
    for t in range(steps):
        i, f, g, o = gate = gates[t]
        gate += np.matmul(state, by_gate(W_hh, 4), out=recurrent)
        if b_hh is not None:
            gate += by_gate(b_hh, 4)[:, None]
        sigmoid(gate[:2])  # i and f
        np.tanh(g, out=g)
        sigmoid(o)
        now = np.multiply(f, cell, out=c[t])
        now += np.multiply(i, g, out=state)
        np.tanh(now, out=state)
        state *= o
        h[:, t] = state
        cell = now
    return h, c, gates


def lstm_backward(
    dy: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    x: ArrayLike,
    h: ArrayLike,
    c: ArrayLike,
    gates: ArrayLike,
    h0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    out: tuple[np.ndarray | None, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[Any, ...]:
    """Gradient of `lstm_forward`, from the last step to the first (backpropagation through time).

    ∂L/∂h_t = dy_t + ∂L/∂a_{t+1} W_hhᵀ; ∂L/∂c_t = ∂L/∂h_t · o (1 − tanh² c_t) + ∂L/∂c_{t+1} · f_{t+1}; for the gates,
    ∂L/∂o = ∂L/∂h_t · tanh c_t, ∂L/∂i = ∂L/∂c_t · g, ∂L/∂f = ∂L/∂c_t · c_{t−1}, ∂L/∂g = ∂L/∂c_t · i, and ∂L/∂a_t is each
    of them times s (1 − s) for s = i, f, o or 1 − g² for g. Then, over all samples and steps,
    ∂L/∂W_ih = Σ x_tᵀ ∂L/∂a_t, ∂L/∂W_hh = Σ h_{t−1}ᵀ ∂L/∂a_t, each bias has Σ ∂L/∂a_t, and ∂L/∂x_t = ∂L/∂a_t W_ihᵀ.

    Args:
        dy: ∂L/∂h, ``(N, T, H)``, of h as an output; what h_t and c_t do to later steps is found here.
        W_ih: As in the forward pass.
        W_hh: As in the forward pass.
        x: The input of the forward pass.
        h: Its output.
        c: Its cells.
        gates: Its gates.
        h0: As in the forward pass.
        c0: As in the forward pass.
        out: ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dc0, dx)`` to write to; a None among them is not wanted and not
            computed.
        scratch: Gives arrays to work in: of x's size, the gates' and h's, and a few for one step.

    Returns:
        ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dc0, dx)``, of the shapes of their arrays.

    Source: Werbos 1990, Backpropagation Through Time; Gers et al. 2000, Learning to Forget, without its truncation.
    """
    given = float_arrays("lstm_backward", dy, W_ih, W_hh, x, h, c, gates, h0, c0)
    dy, W_ih, W_hh, x, h, c, gates, h0, c0 = given
    require_gradient("lstm_backward", dy, h.shape)
    n, steps, size = h.shape
    shapes = W_ih.shape, W_hh.shape, (4 * size,), (4 * size,), (n, size), (n, size), x.shape
    out = outputs("lstm_backward", out, shapes, h.dtype, contiguous=False)
    dW_ih, dW_hh, db_ih, db_hh, dh0, dc0, dx = out
    da = scratch("da", (steps, n, 4 * size), h.dtype)
    dh = scratch("dh", (n, size), h.dtype) if dh0 is None else dh0
    dc = scratch("dc", (n, size), h.dtype) if dc0 is None else dc0
    dh.fill(0)
    dc.fill(0)
    first_cell = begin(c0, (n, size), h.dtype, scratch, "cell")
    tanh_c = scratch("tanh_c", (n, size), h.dtype)
    derivative = scratch("derivative", (4, n, size), h.dtype)
    di, df, dg, do = step = scratch("step", (4, n, size), h.dtype)
    for t in reversed(range(steps)):
        i, f, g, o = gate = gates[t]
        np.tanh(c[t], out=tanh_c)
        dh += dy[:, t]
        np.multiply(dh, tanh_c, out=do)
        tanh_c *= tanh_c
        np.subtract(1, tanh_c, out=tanh_c)
        tanh_c *= o
        tanh_c *= dh
        dc += tanh_c
        np.multiply(dc, g, out=di)
        np.multiply(dc, c[t - 1] if t else first_cell, out=df)
        np.multiply(dc, i, out=dg)
        np.subtract(1, gate, out=derivative)
        derivative *= gate
        np.subtract(1, np.multiply(g, g, out=derivative[2]), out=derivative[2])
        step *= derivative
        by_gate(da[t], 4)[...] = step
        dc *= f
        np.matmul(da[t], W_hh.T, out=dh)
    product_gradients(time_first(x, scratch, "x"), da, dW_ih, db_ih)
    product_gradients(states_before(h, h0, scratch), da, dW_hh, db_hh)
    input_gradient(da, W_ih, dx, scratch)
    return out


class LSTM(Recurrent):
    """Long short-term memory, with `lstm_forward` and `lstm_backward`.

    ``Sequential(LSTM(28, 64, return_sequences=False), Linear(64, 10))`` reads a digit row by row, from ``(N, 28, 28)``.

    Args:
        input_size: F, values in each step of the input.
        hidden_size: H, values in each step of the output, for each direction.
        num_layers: Each layer reads the sequence that the one below makes.
        bias: Whether there are biases. All begin as in PyTorch; Keras begins f's at 1, the others at 0.
        batch_first: PyTorch's, only True: nural has ``(N, T, F)``.
        dropout: PyTorch's, only 0; a `Dropout` between two of these layers does the same.
        bidirectional: Whether a second pass reads the sequence from its end; its values follow the first's.
        return_sequences: Whether the output has all steps, ``(N, T, H)``, or what the passes end with, ``(N, H)``.
        rng: Draws the weights now; see `Layer`.
        dtype: Of the weights.

    Source: Hochreiter and Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000, Learning to Forget.
    """

    pair: ClassVar = lstm_forward, lstm_backward
    kept: ClassVar = {"c": (), "gates": (4,)}
    gate_count = 4
    states = 2
