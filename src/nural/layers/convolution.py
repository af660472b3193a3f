"""Two-dimensional convolution of channels-last images, with kernels in Keras's layout."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import window_blocks
from nural.checks import as_floats, float_arrays, outputs, require_gradient, require_int, require_out
from nural.initializers import Initializer, he_normal, weight_and_bias
from nural.layer import Layer
from nural.layers.im2col import by_group, window_columns
from nural.layers.padding import PADDING_MODES, pad2d_backward, pad2d_forward
from nural.layers.toeplitz import toeplitz_gradients, toeplitz_outputs, toeplitz_suits
from nural.layers.windows import Windows, down_across, require_images, sides, windows_over
from nural.layers.winograd import winograd_gradients, winograd_outputs, winograd_suits
from nural.scratch import Scratch, new_array


def conv2d_forward(
    x: ArrayLike,
    K: ArrayLike,
    b: ArrayLike | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Convolution: y_rc = b + Σ_ij x_{r·stride + i·dilation − top, c·stride + j·dilation − left} K_ij.

    x at a pixel is a row of its channels and K_ij a matrix (in, out), so each term is a product as in `fc_forward`.
    All of them are one: the pixels under each window are copied side by side ("im2col"), a few windows at a time so
    that they stay in the cache, and multiplied by K as a matrix (kh · kw · in, out). As in every framework the kernel
    is not flipped, which makes this a cross-correlation.

    Args:
        x: Images, ``(N, H, W, in)``; outside them x is 0.
        K: Kernel, ``(kh, kw, in / groups, out)``.
        b: Biases, ``(out,)``, or None for none.
        stride: Pixels from one window to the next: a number, or a pair (down, across).
        padding: Pixels of padding: a number, a pair (down, across), ((top, bottom), (left, right)), "valid" for
            none, or "same" for as many outputs as inputs (PyTorch's, for stride 1; Keras's is `same_padding`).
        dilation: Pixels from one kernel position to the next.
        groups: The number of groups of channels; an output channel is computed from the input channels of its group.
        out: Where to write y, contiguous.
        scratch: Gives y, if not ``out``, and the arrays to work in.

    Returns:
        y, ``(N, oh, ow, out)``, oh = ⌊(H + top + bottom − dilation · (kh − 1) − 1) / stride⌋ + 1, and ow likewise.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, its channels are not those of K and groups, the kernel is larger than
            the padded image, or a setting makes no sense.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.1 and 9.5; Chellapilla et al. 2006, High Performance
    Convolutional Neural Networks for Document Processing, section 3.
    """
    x, K, b = float_arrays("conv2d_forward", x, K, b)
    windows = _windows("conv2d_forward", x, K, stride, padding, dilation, groups)
    shape = len(x), *windows.count, K.shape[-1]
    y = scratch("y", shape, np.result_type(x, K)) if out is None else out
    require_out("conv2d_forward", y, shape)
    if winograd_suits(len(x), K, windows, groups):
        winograd_outputs(x, K, b, windows, y, scratch)
        return y
    if toeplitz_suits(K, windows, groups):
        toeplitz_outputs(x, K, b, windows, y, scratch)
        return y
    matrices = by_group(K, groups)
    for block, columns in window_columns(x, windows, groups, y.dtype, scratch):
        part = y[block]
        np.matmul(columns, matrices, out=by_group(part, groups))
        if b is not None:
            part += b
    return y


def conv2d_backward(
    dy: ArrayLike,
    K: ArrayLike,
    x: ArrayLike,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    out: tuple[np.ndarray | None, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[Any, Any, Any]:
    """Gradient of `conv2d_forward`: each kernel position is a fully connected layer, so three sums of `fc_backward`'s.

    With x_rc(ij) the pixel that the window rc has under its position ij:
    ∂L/∂K_ij = Σ_nrc x_rc(ij)ᵀ dy_rc, ∂L/∂b = Σ_nrc dy_rc, and each pixel collects from all windows that saw it,
    ∂L/∂x_hw = Σ dy_rc K_ijᵀ over all r, c, i, j with x_rc(ij) = x_hw.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, out)``.
        K: Kernel, ``(kh, kw, in / groups, out)``.
        x: The input of the forward pass, ``(N, H, W, in)``.
        stride, padding, dilation, groups: As in the forward pass.
        out: ``(dK, db, dx)`` to write to, dK contiguous; a None among them is not wanted and not computed.
        scratch: Gives the arrays to work in.

    Returns:
        ``(dK, db, dx)``: ``(kh, kw, in / groups, out)``, ``(out,)``, ``(N, H, W, in)``.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.5.
    """
    dy, K, x = float_arrays("conv2d_backward", dy, K, x)
    windows = _windows("conv2d_backward", x, K, stride, padding, dilation, groups)
    require_gradient("conv2d_backward", dy, (len(x), *windows.count, K.shape[-1]))
    shapes = K.shape, K.shape[-1:], x.shape
    dK, db, dx = outputs("conv2d_backward", out, shapes, np.result_type(dy, K, x))
    if db is not None:  # a product with ones sums columns faster than `sum` does
        ones = scratch("ones", (math.prod(windows.count),), db.dtype)
        ones[...] = 1
        of_images = scratch("db of each image", (len(dy), dy.shape[-1]), db.dtype)
        np.matmul(ones, dy.reshape(len(dy), -1, dy.shape[-1]), out=of_images)
        np.sum(of_images, axis=0, out=db)
    if winograd_suits(len(x), K, windows, groups):
        winograd_gradients(dy, K, x, windows, (dK, dx), scratch)
        return dK, db, dx
    if toeplitz_suits(K, windows, groups):
        toeplitz_gradients(dy, K, x, windows, (dK, dx), scratch)
        return dK, db, dx
    if dK is not None:
        _kernel_gradient(dy, x, windows, groups, dK, scratch)
    if dx is not None:
        _input_gradient(dy, K, windows, groups, dx, scratch)
    return dK, db, dx


class Conv2d(Layer):
    """A convolution with a learned kernel and bias, with `conv2d_forward` and `conv2d_backward`.

    Parameters: ``K``, ``(kh, kw, in / groups, out)``, and ``b``, ``(out,)``.

    Args:
        in_channels: Size of the input's last dimension.
        out_channels: Size of the output's last dimension.
        kernel_size: A number, or a pair (down, across).
        stride, padding, dilation: As in `conv2d_forward`.
        groups: As there; it divides both numbers of channels. With ``groups=in_channels`` the convolution is depthwise.
        bias: Whether there is a b.
        padding_mode: What lies outside the image: "zeros", or a mode of `pad2d_forward`.
        initializer: Draws K, and b begins at zero; or "torch" or "keras", to begin as that framework's layer does.
        rng: Draws the weights now; see `Layer`.
        dtype: Of the weights.

    Raises:
        ValueError: groups does not divide the channels, or a setting makes no sense.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        initializer: Initializer | str = he_normal,
        rng: np.random.Generator | None = None,
        dtype: Any = np.float32,
    ) -> None:
        numbers = {"in_channels": in_channels, "out_channels": out_channels, "groups": groups}
        in_channels, out_channels, groups = (require_int("Conv2d", what, value) for what, value in numbers.items())
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.bias, self.padding_mode = bool(bias), padding_mode
        kernel = down_across("Conv2d", "kernel_size", kernel_size)
        strides, dilations = down_across("Conv2d", "stride", stride), down_across("Conv2d", "dilation", dilation)
        self.sides = sides("Conv2d", padding, kernel, strides, dilations)
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"Conv2d: {groups} groups do not divide {in_channels} and {out_channels} channels evenly")
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"Conv2d: there is no padding_mode {padding_mode!r}; choose from {', '.join(PADDING_MODES)}"
            )
        shape = *kernel, in_channels // groups, out_channels
        super().__init__(params=weight_and_bias("Conv2d", "K", shape, self.bias, initializer), rng=rng, dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = x convolved with K, + b."""
        x = as_floats("Conv2d", x, self.dtype)
        if self.padding_mode != "zeros":
            require_images("Conv2d", x)
            x = pad2d_forward(x, self.sides, self.padding_mode, scratch=self.buffer)
        self.saved = x
        settings = self._settings()
        return conv2d_forward(x, self.params["K"], self.params.get("b"), *settings, scratch=self.buffer)

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; fills the gradients of K and b."""
        x, K = self.saved, self.params["K"]
        dx = self.buffer("dx", x.shape, np.result_type(dy, K)) if need_dx else None
        out = self.grads["K"], self.grads.get("b"), dx
        conv2d_backward(dy, K, x, *self._settings(), out=out, scratch=self.buffer)
        if dx is None or self.padding_mode == "zeros":
            return dx
        return pad2d_backward(dx, self.sides, self.padding_mode, scratch=self.buffer)

    def operations(self, x_shape: tuple[int, ...], y_shape: tuple[int, ...], need_dx: bool = True) -> tuple[int, int]:
        """Those of K at each output pixel; as many for ∂L/∂K and, if needed, ∂L/∂x. Winograd's form takes fewer."""
        product = 2 * math.prod(y_shape[:-1]) * math.prod(self.shapes["K"])
        return product, product * (1 + need_dx)

    def _settings(self) -> tuple[Any, ...]:
        """Stride, padding, dilation and groups of the convolution; what `pad2d_forward` has padded needs no more."""
        padding = self.sides if self.padding_mode == "zeros" else 0
        return self.stride, padding, self.dilation, self.groups


def _windows(name: str, x: np.ndarray, K: np.ndarray, stride: Any, padding: Any, dilation: Any, groups: int) -> Windows:
    """The windows of a convolution whose arrays fit each other."""
    require_images(name, x)
    if groups < 1 or K.shape[-1] % groups:
        raise ValueError(f"{name}: {groups} groups do not divide K's {K.shape[-1]} output channels evenly")
    if x.shape[-1] != K.shape[2] * groups:
        raise ValueError(
            f"{name}: x of shape {x.shape}, (N, H, W, C), has {x.shape[-1]} channels; "
            f"K of shape {K.shape} with {groups} groups takes {K.shape[2] * groups}"
        )
    return windows_over(name, x.shape, K.shape[:2], stride, padding, dilation)


def _kernel_gradient(
    dy: np.ndarray, x: np.ndarray, windows: Windows, groups: int, dK: np.ndarray, scratch: Scratch
) -> None:
    """∂L/∂K = Σ columnsᵀ dy over the blocks."""
    dK[...] = 0
    total = by_group(dK, groups)
    of_block = scratch("dK of a block", total.shape, dK.dtype)
    for block, columns in window_columns(x, windows, groups, dK.dtype, scratch):
        total += np.matmul(columns.transpose(0, 2, 1), by_group(dy[block], groups), out=of_block)


def _input_gradient(
    dy: np.ndarray, K: np.ndarray, windows: Windows, groups: int, dx: np.ndarray, scratch: Scratch
) -> None:
    """Send dy K_ijᵀ back to the pixels that were under position ij, for every ij ("col2im")."""
    kh, kw, channels, _ = K.shape
    matrices = K.reshape(kh, kw, channels, groups, -1).transpose(0, 1, 3, 4, 2)
    dx[...] = 0
    for images, bands in window_blocks(windows.count, len(dy), kh * kw * channels * groups * dx.itemsize):
        for rows in bands:
            part = dy[images, rows]
            sent = scratch("columns", (kh * kw * math.prod(part.shape[:3]) * channels * groups,), dx.dtype)
            by_position = sent.reshape(kh, kw, -1, groups, channels).transpose(0, 1, 3, 2, 4)
            np.matmul(by_group(part, groups), matrices, out=by_position)
            sent = sent.reshape(kh, kw, *part.shape[:3], channels * groups)
            for (i, j), (r, c), (h, w) in windows.positions(rows):
                dx[images, h, w] += sent[i, j, :, r, c]
