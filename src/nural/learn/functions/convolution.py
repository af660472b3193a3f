"""Convolution and pooling, channels-last."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, known

#: Samples, height, width, channels in and out, kernel, stride, padding; what is special.
SIZES = [
    (1, 3, 3, 1, 1, (2, 2), 1, 0, ""),
    (1, 2, 4, 1, 2, (1, 2), 1, 0, ""),
    (2, 4, 5, 2, 3, (2, 3), 1, 0, ""),
    (2, 5, 4, 3, 2, (3, 2), 1, 1, "padding"),
    (3, 5, 7, 1, 2, (3, 3), 2, 0, "stride"),
    (1, 4, 5, 2, 2, (3, 2), 1, 0, "as many channels out as in"),
    (2, 6, 7, 2, 3, (3, 2), 2, 1, "windows that do not reach the edge"),
    (2, 6, 5, 1, 2, (2, 2), 3, 0, "windows that do not reach the edge"),
]
#: Samples, height, width, channels, kernel, stride, padding; what is special.
POOLS = [
    (1, 2, 4, 1, 2, None, 0, ""),
    (1, 4, 4, 2, 2, 2, 0, ""),
    (2, 6, 4, 3, 2, None, 0, ""),
    (2, 6, 9, 2, 3, None, 0, ""),
    (2, 5, 7, 2, 3, 2, 0, "windows that overlap"),
    (1, 3, 4, 2, 2, 1, 0, "windows that overlap"),
    (2, 5, 3, 1, 3, 2, 1, "padding"),
    (2, 5, 6, 2, 2, 2, 0, "windows that do not reach the edge"),
    (1, 6, 5, 2, 2, 3, 0, "windows that do not reach the edge"),
]
EDGE = "windows that do not reach the edge"


def _out(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _conv(backward: bool, draw: Draw) -> Iterator[Case]:
    for turn, (n, h, w, c, m, (kh, kw), stride, padding, label) in enumerate(SIZES):
        x, K, b = draw.numbers(turn, n, h, w, c), draw.numbers(turn, kh, kw, c, m), draw.numbers(turn, m)
        oh, ow = _out(h, kh, stride, padding), _out(w, kw, stride, padding)
        settings = () if (stride, padding) == (1, 0) else (stride, padding)
        args = (draw.numbers(turn, n, oh, ow, m), K, x) if backward else (x, K, b)
        sizes = {"N": n, "OH": oh, "OW": ow, "C": c, "M": m, "KH": kh, "KW": kw}
        yield Case((*args, *settings), sizes, label, may_refuse=label == EDGE)


def _pool(args: Callable[..., tuple[np.ndarray, ...]], draw: Draw) -> Iterator[Case]:
    for n, h, w, c, k, stride, padding, label in POOLS:
        s = stride or k
        oh, ow = _out(h, k, s, padding), _out(w, k, s, padding)
        # Numbers far apart, and above 0 where 0 is what some pad with.
        x = draw.apart(n, h, w, c) + (n * h * w * c if padding else 0)
        settings = (k, s, padding) if padding else (k,) if stride is None else (k, stride)
        dy = draw.whole(n, oh, ow, c)
        sizes = {"N": n, "OH": oh, "OW": ow, "C": c, "KH": k, "KW": k}
        yield Case((*args(dy, x, settings), *settings), sizes, label, may_refuse=label == EDGE)


def _max_forward(draw: Draw) -> Iterator[Case]:
    yield from _pool(lambda dy, x, settings: (x,), draw)
    yield Case((-1 - draw.apart(1, 3, 3, 1) ** 2, 2, 1, 1), {}, "padding around negative numbers", optional=True)


def _max_backward(draw: Draw) -> Iterator[Case]:
    yield from _pool(lambda dy, x, settings: (dy, x, REFERENCE["max_pool2d_forward"](x, *settings)), draw)
    dy, x, y, shared = ties()
    yield Case((dy, x, y, 2), {"N": 1, "KH": 2, "KW": 2}, "ties", special=True, accepts=shared, means="pool-ties")


def ties() -> tuple[np.ndarray, np.ndarray, np.ndarray, Callable[[dict[str, Any]], bool]]:
    """dy, an image with windows of which more than one pixel is the largest, their maxima, and which dx is right."""
    x = np.array([[1.0, 3.0, 2.0, 2.0], [3.0, 0.0, 1.0, 2.0]])[None, :, :, None]
    y, dy = np.array([3.0, 2.0]).reshape(1, 1, 2, 1), np.array([5.0, 7.0]).reshape(1, 1, 2, 1)
    largest = x == np.repeat(np.repeat(y, 2, 1), 2, 2)

    def shared(results: dict[str, np.ndarray]) -> bool:
        """Whichever of the largest gets it, or each its share: dy in all, and the others nothing."""
        dx = results["dx"]
        if dx.shape != x.shape:
            return False
        return bool(np.allclose(dx.reshape(1, 1, 2, 2, 2, 1).sum(axis=(2, 4)), dy) and not dx[~largest].any())

    return dy, x, y, shared


FUNCTIONS = [
    known("conv2d_forward", "y", lambda draw: _conv(False, draw), "torch.nn.functional.conv2d"),
    known("conv2d_backward", "dK db dx", lambda draw: _conv(True, draw), "the gradients of torch.nn.functional.conv2d"),
    known("max_pool2d_forward", "y", _max_forward, "torch.nn.functional.max_pool2d"),
    known("max_pool2d_backward", "dx", _max_backward, "the gradient of torch.nn.functional.max_pool2d"),
    known(
        "avg_pool2d_forward",
        "y",
        lambda draw: _pool(lambda dy, x, settings: (x,), draw),
        "torch.nn.functional.avg_pool2d",
    ),
    known(
        "avg_pool2d_backward",
        "dx",
        lambda draw: _pool(lambda dy, x, settings: (dy, x.shape), draw),
        "the gradient of torch.nn.functional.avg_pool2d",
    ),
]
