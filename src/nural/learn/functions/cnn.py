"""The functions of the track cnn alone: one patch, all patches as rows, and LeNet as a whole."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions import convolution
from nural.learn.functions.lively import small_weights
from nural.learn.functions.networks import WholeNetwork

#: Samples, height and width, channels of the layers, their kernels, units of the layers behind, classes.
SIZES = [
    (1, 6, (1, 2, 3), (2, 2), (3, 4), 2),
    (2, 8, (1, 2, 3), (3, 2), (4, 3), 5),
    (3, 9, (2, 3, 2), (3, 3), (3, 5), 4),
]
NAMES = "K1", "b1", "K2", "b2", "W3", "b3", "W4", "b4", "W5", "b5"
NEURONS = "z1", "a1", "p1", "z2", "a2", "p2", "z3", "a3", "z4", "a4", "y"


def _patches(backward: bool, draw: Draw) -> Iterator[Case]:
    for turn, (kh, kw, c, m) in enumerate([(2, 2, 1, 1), (2, 3, 1, 2), (3, 2, 2, 3), (2, 2, 3, 3)]):
        patch, K = draw.numbers(turn, kh, kw, c), draw.numbers(turn, kh, kw, c, m)
        args = (draw.numbers(turn, m), K, patch) if backward else (patch, K, draw.numbers(turn, m))
        yield Case(args, {"C": c, "M": m, "KH": kh, "KW": kw})


def _patch_forward(f: Pieces, patch: Any, K: Any, b: Any) -> Any:
    return f["conv2d_forward"](patch[None], K, b)[0, 0, 0]


def _patch_backward(f: Pieces, dy: Any, K: Any, patch: Any) -> Any:
    dK, db, dx = f["conv2d_backward"](dy[None, None, None], K, patch[None])
    return dK, db, dx[0]


def im2col(x: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """Every window as a row: (N, OH, OW, kh · kw · C)."""
    X = REFERENCE["windows"](REFERENCE["pad2d_forward"](x, padding), (kh, kw), stride)
    return np.moveaxis(X, 3, 5).reshape(*X.shape[:3], -1)


def col2im(columns: Any, x_shape: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """What the windows send back, added up where they overlap."""
    n, h, w, c = x_shape
    dx = np.zeros((n, h + 2 * padding, w + 2 * padding, c), columns.dtype)
    dX = REFERENCE["windows"](dx, (kh, kw), stride)
    columns = columns.reshape(*columns.shape[:3], kh, kw, c)
    for i, j in np.ndindex(kh, kw):
        dX[..., i, j] += columns[:, :, :, i, j]
    return REFERENCE["pad2d_backward"](dx, padding)


def _windows(backward: bool, draw: Draw) -> Iterator[Case]:
    for n, h, w, c, _, (kh, kw), stride, padding, label in convolution.SIZES:
        x = draw.apart(n, h, w, c) + 1.0
        settings = () if (stride, padding) == (1, 0) else (stride, padding)
        columns = im2col(x, kh, kw, stride, padding)
        args = (draw.whole(*columns.shape), x.shape) if backward else (x,)
        sizes = {"N": n, "OH": columns.shape[1], "OW": columns.shape[2], "C": c, "KH": kh, "KW": kw}
        yield Case((*args, kh, kw, *settings), sizes, label)


def _once(draw: Draw, turn: int, sizes: tuple[Any, ...]) -> tuple[Any, Any, dict[str, np.ndarray]]:
    """x, t and weights."""
    n, size, channels, kernels, units, classes = sizes
    drawn, side = {}, size + 4
    for k, (c, m, kernel) in enumerate(zip(channels[:-1], channels[1:], kernels, strict=True), 1):
        drawn |= {f"K{k}": small_weights(draw, turn, kernel, kernel, c, m), f"b{k}": small_weights(draw, turn, m)}
        side = (side - kernel + 1) // 2
    widths = side * side * channels[-1], *units, classes
    for k, (d, m) in enumerate(pairwise(widths), 3):
        drawn |= {f"W{k}": small_weights(draw, turn, d, m), f"b{k}": small_weights(draw, turn, m)}
    t = np.eye(classes)[np.arange(n)[::-1] % classes]
    return draw.numbers(turn, n, size, size, channels[0]), t, drawn


def _draws(draw: Draw) -> Iterator[tuple[Callable[[], Any], dict[str, int]]]:
    for turn, sizes in enumerate(SIZES):
        yield partial(_once, draw, turn, sizes), {"N": sizes[0]}


def _forward(f: Pieces, x: Any, w: dict[str, Any]) -> tuple[Any, ...]:
    z1 = f["conv2d_forward"](x, w["K1"], w["b1"], 1, 2)
    a1 = f["relu_forward"](z1)
    p1 = f["max_pool2d_forward"](a1, 2)
    z2 = f["conv2d_forward"](p1, w["K2"], w["b2"])
    a2 = f["relu_forward"](z2)
    p2 = f["max_pool2d_forward"](a2, 2)
    z3 = f["fc_forward"](p2.reshape(len(x), -1), w["W3"], w["b3"])
    a3 = f["relu_forward"](z3)
    z4 = f["fc_forward"](a3, w["W4"], w["b4"])
    a4 = f["relu_forward"](z4)
    return z1, a1, p1, z2, a2, p2, z3, a3, z4, a4, f["fc_forward"](a4, w["W5"], w["b5"])


def _backward(f: Pieces, x: Any, t: Any, w: dict[str, Any], neurons: dict[str, Any]) -> tuple[Any, ...]:
    z1, a1, p1, z2, a2, p2, z3, a3, z4, a4, y = (neurons[name] for name in NEURONS)
    loss, dy = f["cross_entropy_loss"](y, t)
    dW5, db5, d = f["fc_backward"](dy, w["W5"], a4)
    dW4, db4, d = f["fc_backward"](f["relu_backward"](d, z4), w["W4"], a3)
    dW3, db3, d = f["fc_backward"](f["relu_backward"](d, z3), w["W3"], p2.reshape(len(x), -1))
    d = f["relu_backward"](f["max_pool2d_backward"](d.reshape(p2.shape), a2, p2, 2), z2)
    dK2, db2, d = f["conv2d_backward"](d, w["K2"], p1)
    d = f["relu_backward"](f["max_pool2d_backward"](d, a1, p1, 2), z1)
    dK1, db1, _ = f["conv2d_backward"](d, w["K1"], x, 1, 2)
    return loss, dK1, db1, dK2, db2, dW3, db3, dW4, db4, dW5, db5


LAYERS = "conv2d", "max_pool2d", "relu", "fc"
NETWORK = WholeNetwork("cnn", LAYERS, NAMES, NEURONS, ("z3", "z4"), _forward, _backward, _draws)
FUNCTIONS = [
    Function(
        "cnn/patch_forward",
        ("y",),
        lambda draw: _patches(False, draw),
        ("patch", "K", "b"),
        ("conv2d_forward",),
        _patch_forward,
        "torch.nn.functional.conv2d",
    ),
    Function(
        "cnn/patch_backward",
        ("dK", "db", "dpatch"),
        lambda draw: _patches(True, draw),
        ("dy", "K", "patch"),
        ("conv2d_backward",),
        _patch_backward,
        "the gradients of torch.nn.functional.conv2d",
    ),
    Function(
        "cnn/im2col",
        ("columns",),
        lambda draw: _windows(False, draw),
        ("x", "kh", "kw", "stride", "padding"),
        ("im2col",),
        lambda f, *args: f.get("im2col", im2col)(*args),
        "torch.nn.functional.unfold",
    ),
    Function(
        "cnn/col2im",
        ("dx",),
        lambda draw: _windows(True, draw),
        ("columns", "x_shape", "kh", "kw", "stride", "padding"),
        ("col2im",),
        lambda f, *args: f.get("col2im", col2im)(*args),
        "torch.nn.functional.fold",
    ),
    *NETWORK.functions(),
]
