"""The gated recurrent unit: one gate mixes the old state into the new, another lets the candidate forget it."""

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


def gru_forward(
    x: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    b_ih: ArrayLike | None = None,
    b_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    out: tuple[np.ndarray, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[np.ndarray, ...]:
    """Gated recurrent unit, for t = 1 … T: reset gate r, update gate z, candidate n, output h_t.

    a_t = x_t W_ih + b_ih and q_t = h_{t−1} W_hh + b_hh, each in three parts: r = σ(a_r + q_r), z = σ(a_z + q_z),
    n = tanh(a_n + r · q_n); h_t = (1 − z) · n + z · h_{t−1}.

    This is PyTorch's form, and with ``reset_after=True``, its default, Keras's, whose gates are in the order z, r, n.
    In the paper, and with ``reset_after=False``, r comes before the product: n = tanh(a_n + (r · h_{t−1}) W_hn).

    Args:
        x: Sequences, ``(N, T, F)``.
        W_ih: From input to gates, ``(F, 3·H)``; the gates are in the order r, z, n, as in PyTorch.
        W_hh: From hidden to gates, ``(H, 3·H)``.
        b_ih: Biases, ``(3·H,)``, or None for none.
        b_hh: Biases of the recurrent product, ``(3·H,)``, or None; those of n are under the reset gate.
        h0: State before the first step, ``(N, H)``, or None for zeros.
        out: ``(h, gates, q)`` to write to.
        scratch: Gives arrays to work in: of x's size, and two for one step.

    Returns:
        ``(h, gates, q)``: ``(N, T, H)``, ``(T, 3, N, H)``, and q_n, ``(T, N, H)``. The backward pass takes them all.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or an array does not fit the others.

    Source: Cho et al. 2014, Learning Phrase Representations using RNN Encoder–Decoder, section 2.3, with r as above.
    """
    x, W_ih, W_hh, b_ih, b_hh, h0 = float_arrays("gru_forward", x, W_ih, W_hh, b_ih, b_hh, h0)
    require_sequences("gru_forward", x, W_ih, W_hh, (b_ih, b_hh), (h0,))
    samples, steps, _ = x.shape
    size = len(W_hh)
    shapes = (samples, steps, size), (steps, 3, samples, size), (steps, samples, size)
    h, gates, q = outputs("gru_forward", out, shapes, x.dtype, contiguous=False)
    input_product(x, W_ih, b_ih, gates, scratch)
    state = begin(h0, (samples, size), h.dtype, scratch, "state")
    recurrent = scratch("recurrent", (3, samples, size), h.dtype)
    for t in range(steps):
        r, z, n = gate = gates[t]
        np.matmul(state, by_gate(W_hh, 3), out=recurrent)
        if b_hh is not None:
            recurrent += by_gate(b_hh, 3)[:, None]
        gate[:2] += recurrent[:2]
        sigmoid(gate[:2])  # r and z
        q[t] = recurrent[2]
        n += np.multiply(r, q[t], out=recurrent[2])
        np.tanh(n, out=n)
        state -= n  # h_t = n + z (h_{t−1} − n)
        state *= z
        state += n
        h[:, t] = state
    return h, gates, q


def gru_backward(
    dy: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    x: ArrayLike,
    h: ArrayLike,
    gates: ArrayLike,
    q: ArrayLike,
    h0: ArrayLike | None = None,
    out: tuple[np.ndarray | None, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[Any, ...]:
    """Gradient of `gru_forward`, from the last step to the first (backpropagation through time).

    ∂L/∂h_t = dy_t + ∂L/∂h_{t+1} · z_{t+1} + ∂L/∂q_{t+1} W_hhᵀ. At each step,
    ∂L/∂a_z = ∂L/∂h_t · (h_{t−1} − n) z (1 − z), ∂L/∂a_n = ∂L/∂h_t · (1 − z) (1 − n²),
    ∂L/∂a_r = ∂L/∂a_n · q_n r (1 − r); ∂L/∂q has the same three parts, but the last times r. Then, over all
    samples and steps, ∂L/∂W_ih = Σ x_tᵀ ∂L/∂a_t, ∂L/∂W_hh = Σ h_{t−1}ᵀ ∂L/∂q_t,
    ∂L/∂b_ih = Σ ∂L/∂a_t, ∂L/∂b_hh = Σ ∂L/∂q_t, and ∂L/∂x_t = ∂L/∂a_t W_ihᵀ.

    Args:
        dy: ∂L/∂h, ``(N, T, H)``, of h as an output; what h_t does to later steps is found here.
        W_ih: As in the forward pass.
        W_hh: As in the forward pass.
        x: The input of the forward pass.
        h: Its output.
        gates: Its gates.
        q: Its q_n.
        h0: As in the forward pass.
        out: ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dx)`` to write to; a None among them is not wanted and not computed.
        scratch: Gives arrays to work in: of x's size, h's and twice the gates', and a few for one step.

    Returns:
        ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dx)``, of the shapes of their arrays.

    Source: Werbos 1990, Backpropagation Through Time; Cho et al. 2014, section 2.3, by the chain rule.
    """
    given = float_arrays("gru_backward", dy, W_ih, W_hh, x, h, gates, q, h0)
    dy, W_ih, W_hh, x, h, gates, q, h0 = given
    require_gradient("gru_backward", dy, h.shape)
    samples, steps, size = h.shape
    shapes = W_ih.shape, W_hh.shape, (3 * size,), (3 * size,), (samples, size), x.shape
    out = outputs("gru_backward", out, shapes, h.dtype, contiguous=False)
    dW_ih, dW_hh, db_ih, db_hh, dh0, dx = out
    da, dq = (scratch(name, (steps, samples, 3 * size), h.dtype) for name in ("da", "dq"))
    before = states_before(h, h0, scratch)
    dh = scratch("dh", (samples, size), h.dtype) if dh0 is None else dh0
    dh.fill(0)
    through_product = scratch("through_product", (samples, size), h.dtype)
    derivative = scratch("derivative", (3, samples, size), h.dtype)
    dr, dz, dn = step = scratch("step", (3, samples, size), h.dtype)
    for t in reversed(range(steps)):
        r, z, n = gate = gates[t]
        dh += dy[:, t]
        np.subtract(1, gate, out=derivative)
        np.subtract(before[t], n, out=dz)
        dz *= dh
        np.multiply(dh, derivative[1], out=dn)
        derivative *= gate
        np.subtract(1, np.multiply(n, n, out=derivative[2]), out=derivative[2])
        dn *= derivative[2]
        np.multiply(dn, q[t], out=dr)
        step[:2] *= derivative[:2]
        by_gate(da[t], 3)[...] = step
        dn *= r
        by_gate(dq[t], 3)[...] = step
        dh *= z
        dh += np.matmul(dq[t], W_hh.T, out=through_product)
    product_gradients(time_first(x, scratch, "x"), da, dW_ih, db_ih)
    product_gradients(before, dq, dW_hh, db_hh)
    input_gradient(da, W_ih, dx, scratch)
    return out


class GRU(Recurrent):
    """Gated recurrent units, with `gru_forward` and `gru_backward`.

    Args:
        input_size: F, values in each step of the input.
        hidden_size: H, values in each step of the output, for each direction.
        num_layers: Each layer reads the sequence that the one below makes.
        bias: Whether there are biases.
        batch_first: PyTorch's, only True: nural has ``(N, T, F)``.
        dropout: PyTorch's, only 0; a `Dropout` between two of these layers does the same.
        bidirectional: Whether a second pass reads the sequence from its end; its values follow the first's.
        return_sequences: Whether the output has all steps, ``(N, T, H)``, or what the passes end with, ``(N, H)``.
        rng: Draws the weights now; see `Layer`.
        dtype: Of the weights.

    Source: Cho et al. 2014, Learning Phrase Representations using RNN Encoder–Decoder, section 2.3.
    """

    pair: ClassVar = gru_forward, gru_backward
    kept: ClassVar = {"gates": (3,), "q": ()}
    gate_count = 3
