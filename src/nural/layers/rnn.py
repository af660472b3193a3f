"""The plain recurrent network: each step's output is an activation of its input and of the step before."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import float_arrays, outputs, require_gradient, require_out
from nural.layers.recurrent import (
    Recurrent,
    begin,
    input_gradient,
    input_product,
    product_gradients,
    require_sequences,
    states_before,
    time_first,
)
from nural.scratch import Scratch, new_array


def rnn_forward(
    x: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    b_ih: ArrayLike | None = None,
    b_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    nonlinearity: str = "tanh",
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Recurrent network: h_t = tanh(x_t W_ih + b_ih + h_{t−1} W_hh + b_hh) for t = 1 … T.

    Args:
        x: Sequences, ``(N, T, F)``.
        W_ih: From input to hidden, ``(F, H)``.
        W_hh: From hidden to hidden, ``(H, H)``.
        b_ih: Biases, ``(H,)``, or None for none.
        b_hh: More biases, ``(H,)``, or None: one would do, but PyTorch has two, and each has the same gradient.
        h0: State before the first step, ``(N, H)``, or None for zeros.
        nonlinearity: "tanh", or "relu" in its place.
        out: Where to write h.
        scratch: Gives arrays to work in: of x's size, of h's, and two of ``(N, H)``.

    Returns:
        h, ``(N, T, H)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or an array does not fit the others, or the nonlinearity is neither of the two.

    Source: Elman 1990, Finding Structure in Time; Goodfellow et al. 2016, Deep Learning, section 10.2.
    """
    x, W_ih, W_hh, b_ih, b_hh, h0 = float_arrays("rnn_forward", x, W_ih, W_hh, b_ih, b_hh, h0)
    require_sequences("rnn_forward", x, W_ih, W_hh, (b_ih, b_hh), (h0,))
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f'rnn_forward: nonlinearity must be "tanh" or "relu", got {nonlinearity!r}')
    n, steps, _ = x.shape
    size = len(W_hh)
    require_out("rnn_forward", out, (n, steps, size), contiguous=False)
    h = np.empty((n, steps, size), x.dtype) if out is None else out
    a = scratch("a", (steps, 1, n, size), h.dtype)
    input_product(x, W_ih, b_ih, a, scratch)
    before = begin(h0, (n, size), h.dtype, scratch, "state")
    recurrent = scratch("recurrent", (n, size), h.dtype)
    for t in range(steps):
        now = a[t, 0]
        now += np.matmul(before, W_hh, out=recurrent)
        if b_hh is not None:
            now += b_hh
        if nonlinearity == "tanh":
            np.tanh(now, out=now)
        else:
            np.maximum(now, 0, out=now)
        h[:, t] = before = now
    return h


def rnn_backward(
    dy: ArrayLike,
    W_ih: ArrayLike,
    W_hh: ArrayLike,
    x: ArrayLike,
    h: ArrayLike,
    h0: ArrayLike | None = None,
    nonlinearity: str = "tanh",
    out: tuple[np.ndarray | None, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[Any, ...]:
    """Gradient of `rnn_forward`, from the last step to the first (backpropagation through time).

    With a_t what tanh is taken of: ∂L/∂h_t = dy_t + ∂L/∂a_{t+1} W_hhᵀ, ∂L/∂a_t = ∂L/∂h_t · (1 − h_t²), or where h_t > 0
    for ReLU. Then, over all samples and steps, ∂L/∂W_ih = Σ x_tᵀ ∂L/∂a_t, ∂L/∂W_hh = Σ h_{t−1}ᵀ ∂L/∂a_t, each
    bias has Σ ∂L/∂a_t, and ∂L/∂x_t = ∂L/∂a_t W_ihᵀ.

    Args:
        dy: ∂L/∂h, ``(N, T, H)``, of h as an output; what h_t does to later steps is found here.
        W_ih: As in the forward pass.
        W_hh: As in the forward pass.
        x: The input of the forward pass.
        h: Its output.
        h0: As in the forward pass.
        nonlinearity: As in the forward pass.
        out: ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dx)`` to write to; a None among them is not wanted and not computed.
        scratch: Gives arrays to work in: of x's size, two of h's, and ``(N, H)``.

    Returns:
        ``(dW_ih, dW_hh, db_ih, db_hh, dh0, dx)``, of the shapes of their arrays.

    Source: Werbos 1990, Backpropagation Through Time; Goodfellow et al. 2016, Deep Learning, section 10.2.2.
    """
    given = float_arrays("rnn_backward", dy, W_ih, W_hh, x, h, h0)
    dy, W_ih, W_hh, x, h, h0 = given
    require_gradient("rnn_backward", dy, h.shape)
    n, steps, size = h.shape
    shapes = W_ih.shape, W_hh.shape, (size,), (size,), (n, size), x.shape
    out = outputs("rnn_backward", out, shapes, h.dtype, contiguous=False)
    dW_ih, dW_hh, db_ih, db_hh, dh0, dx = out
    da = time_first(h, scratch, "da")
    if nonlinearity == "tanh":
        da *= da
        np.subtract(1, da, out=da)
    else:
        np.greater(da, 0, out=da)
    dh = scratch("dh", (n, size), h.dtype) if dh0 is None else dh0
    dh.fill(0)
    for t in reversed(range(steps)):
        dh += dy[:, t]
        da[t] *= dh
        np.matmul(da[t], W_hh.T, out=dh)
    product_gradients(time_first(x, scratch, "x"), da, dW_ih, db_ih)
    product_gradients(states_before(h, h0, scratch), da, dW_hh, db_hh)
    input_gradient(da, W_ih, dx, scratch)
    return out


class RNN(Recurrent):
    """A plain recurrent network, with `rnn_forward` and `rnn_backward`.

    Args:
        input_size: F, values in each step of the input.
        hidden_size: H, values in each step of the output, for each direction.
        num_layers: Each layer reads the sequence that the one below makes.
        nonlinearity: "tanh" or "relu".
        bias: Whether there are biases.
        batch_first: PyTorch's, only True: nural has ``(N, T, F)``.
        dropout: PyTorch's, only 0; a `Dropout` between two of these layers does the same.
        bidirectional: Whether a second pass reads the sequence from its end; its values follow the first's.
        return_sequences: Whether the output has all steps, ``(N, T, H)``, or what the passes end with, ``(N, H)``.
        rng: Draws the weights now; see `Layer`.
        dtype: Of the weights.

    Raises:
        ValueError: the nonlinearity is neither of the two.

    Source: Elman 1990, Finding Structure in Time; Schuster and Paliwal 1997, Bidirectional Recurrent Neural Networks.
    """

    pair: ClassVar = rnn_forward, rnn_backward
    settings: ClassVar = ("nonlinearity",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *,
        bias: bool = True,
        batch_first: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        return_sequences: bool = True,
        rng: np.random.Generator | None = None,
        dtype: Any = np.float32,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'RNN: nonlinearity must be "tanh" or "relu", got {nonlinearity!r}')
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            return_sequences=return_sequences,
            rng=rng,
            dtype=dtype,
        )
