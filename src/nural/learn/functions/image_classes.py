"""Convolution and pooling as classes, whose images are channels-last, or channels-first as in the book."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.building import NotTaken, Results, forward, layer_of, with_weights
from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions import convolution


def _last_to_first(x: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def _first_to_last(x: Any) -> Any:
    return np.moveaxis(x, 1, -1) if np.ndim(x) == 4 else x


def _in_layout(run: Callable[[bool], Results], shape: tuple[int, ...]) -> Results:
    """Channels-last, if y is then as large as it should be, or has as many channels; else channels-first."""
    try:
        results = run(False)
        if np.shape(results[0]) == shape:
            return results
    except NotTaken:
        raise
    except Exception:
        results = None
    try:
        other = run(True)
    except Exception:
        if results is None:
            raise
        return results
    channels = shape[-1:]
    is_last = results is not None and np.shape(results[0])[-1:] == channels != np.shape(other[0])[-1:]
    return results if results is not None and is_last else other


def _convolution(cls: Any, x: Any, K: Any, b: Any, dy: Any, stride: int = 1, padding: int = 0) -> Results:
    kh, _, c, m = K.shape
    given = {"in_channels": c, "out_channels": m, "kernel_size": kh, "stride": stride, "padding": padding}

    def run(first: bool) -> Results:
        if not first:
            return with_weights(cls, given, {"W": K, "b": b}, x, dy)
        W = np.ascontiguousarray(K.transpose(3, 2, 0, 1))
        y, dW, db, dx = with_weights(cls, given, {"W": W, "b": b}, _last_to_first(x), _last_to_first(dy))
        dW = dW.transpose(2, 3, 1, 0) if np.ndim(dW) == 4 else dW
        return _first_to_last(y), dW, db, _first_to_last(dx)

    return _in_layout(run, dy.shape)


def _convolution_cases(draw: Draw) -> Iterator[Case]:
    """Kernels as wide as they are high, for not every constructor can be asked for others."""
    for turn, (n, h, w, c, m, (k, _), stride, padding, label) in enumerate(convolution.SIZES):
        x, K, b = draw.numbers(turn, n, h, w, c), draw.numbers(turn, k, k, c, m), draw.numbers(turn, m)
        settings = () if (stride, padding) == (1, 0) else (stride, padding)
        y = REFERENCE["conv2d_forward"](x, K, b, *settings)
        sizes = {"N": n, "OH": y.shape[1], "OW": y.shape[2], "C": c, "M": m, "KH": k, "KW": k}
        yield Case((x, K, b, draw.numbers(turn, *y.shape), *settings), sizes, label, may_refuse="edge" in label)


def _right_convolution(f: Pieces, x: Any, K: Any, b: Any, dy: Any, *settings: Any) -> Results:
    return f["conv2d_forward"](x, K, b, *settings), *f["conv2d_backward"](dy, K, x, *settings)


def _pool(cls: Any, x: Any, dy: Any, k: int, stride: int, padding: int = 0) -> Results:
    def run(first: bool) -> Results:
        given = {"kernel_size": k, "stride": stride, "padding": padding, "usual stride": k}
        layer, _ = layer_of(cls, given, {"W": x})
        images, back = (_last_to_first(x), _last_to_first(dy)) if first else (x, dy)
        y = np.array(forward(layer, images, train=True))
        dx = layer.backward(back) if y.shape == back.shape else np.full(images.shape, np.nan)
        return (_first_to_last(y), _first_to_last(dx)) if first else (y, dx)

    return _in_layout(run, dy.shape)


def _pool_cases(draw: Draw) -> Iterator[Case]:
    for n, h, w, c, k, stride, padding, label in convolution.POOLS:
        s = stride or k
        x = draw.apart(n, h, w, c) + (n * h * w * c if padding else 0)
        settings = (k, s, padding) if padding else (k, s)
        dy = draw.whole(*REFERENCE["max_pool2d_forward"](x, *settings).shape)
        yield Case((x, dy, *settings), {"N": n, "C": c, "KH": k, "KW": k}, label, may_refuse="edge" in label)


def _max_pool_cases(draw: Draw) -> Iterator[Case]:
    yield from _pool_cases(draw)
    dy, x, _, shared = convolution.ties()
    sizes = {"N": 1, "KH": 2, "KW": 2}
    yield Case((x, dy, 2, 2), sizes, "ties", special=True, accepts=shared, means="pool-ties")


def _pooling(name: str, kind: str, torch: str) -> Function:
    def right(f: Pieces, x: Any, dy: Any, *settings: Any) -> Results:
        kept = (x, REFERENCE["max_pool2d_forward"](x, *settings)) if kind == "max_pool2d" else (x.shape,)
        return f[f"{kind}_forward"](x, *settings), f[f"{kind}_backward"](dy, *kept, *settings)

    pieces = (f"{kind}_forward", f"{kind}_backward")
    cases = _max_pool_cases if kind == "max_pool2d" else _pool_cases
    return Function(name, ("y", "dx"), cases, ("x", "dy", "kernel_size", "stride"), pieces, right, torch, _pool)


CLASSES = [
    Function(
        "Conv2d",
        ("y", "dK", "db", "dx"),
        _convolution_cases,
        ("x", "K", "b", "dy", "stride", "padding"),
        ("conv2d_forward", "conv2d_backward"),
        _right_convolution,
        "torch.nn.Conv2d and its gradients",
        _convolution,
    ),
    _pooling("MaxPool2d", "max_pool2d", "torch.nn.MaxPool2d and its gradients"),
    _pooling("AvgPool2d", "avg_pool2d", "torch.nn.AvgPool2d and its gradients"),
]
