"""Mistakes of pooling."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural import reference
from nural.learn.mistakes.convolution import FIRSTS, first_of, mixed_up
from nural.learn.mistakes.mistake import Mistake, instead, mistake

MAXIMUM, AVERAGE = "max_pool2d_backward", "avg_pool2d_backward"


def _forward(name: str, pool: Any) -> Iterator[Mistake]:
    """Mistakes of a forward pass, which need not know what is done with a window."""

    def near(x: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
        """As many windows as there are with the stride, but one pixel apart."""
        rows, columns = pool(x, k, stride, padding).shape[1:3]
        return pool(x, k, 1, padding)[:, :rows, :columns]

    def without_last(x: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
        """Windows that begin before H − k, and not at it."""
        rows, columns = (-(-(n + 2 * padding - k) // (stride or k)) for n in x.shape[1:3])
        return pool(x, k, stride, padding)[:, :rows, :columns]

    yield instead("stride-ignored", name)(lambda x, k, stride=None, padding=0: pool(x, k, 1, padding))
    yield instead("stride-ignored", name)(near)
    yield instead("stride-ignored", name)(lambda x, k, stride=None, padding=0: pool(x, k, None, padding))
    yield instead("last-rows-lost", name)(without_last)
    yield from mixed_up(name, pool, 0)
    for index in FIRSTS:
        yield instead("first-window-only", name)(lambda x, *a, i=index: first_of(pool(x, *a), i))


def _windows(dy: Any, k: int, stride: Any) -> Iterator[tuple[Any, Any]]:
    """The place of each window, and what is sent to it."""
    s = stride or k
    for r, c in np.ndindex(dy.shape[1:3]):
        window = slice(None), slice(r * s, r * s + k), slice(c * s, c * s + k)
        yield window, dy[:, r : r + 1, c : c + 1]


def _average(dy: Any, x_shape: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
    """dx of a loop over windows with `=`."""
    dx = reference.pad2d_forward(np.zeros(x_shape, dy.dtype), padding)
    for window, sent in _windows(dy, k, stride):
        dx[window] = sent / k**2
    return reference.pad2d_backward(dx, padding)


def _largest(whole: bool, ties: bool = False) -> Any:
    """dx of a loop over windows with `=`: of the whole window, or of the place of its maximum alone."""

    def wrong(dy: Any, x: Any, y: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
        x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), constant_values=-np.inf)
        dx = np.zeros_like(x)
        for window, sent in _windows(dy, k, stride):
            gate = x[window] == x[window].max(axis=(1, 2), keepdims=True)
            if not ties:
                first = gate.reshape(len(x), -1, x.shape[3]).argmax(axis=1)
                gate = (np.arange(gate[0, ..., 0].size)[:, None] == first[:, None]).reshape(gate.shape)
            dx[window] = gate * sent if whole else np.where(gate, sent, dx[window])
        return reference.pad2d_backward(dx, padding)

    return wrong


def _near_maximum(dy: Any, x: Any, y: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
    """dx of windows one pixel apart."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), constant_values=-np.inf)
    rows, columns = (n + k - 1 for n in dy.shape[1:3])
    near = x[:, :rows, :columns]
    dx = np.zeros_like(x)
    dx[:, :rows, :columns] = reference.max_pool2d_backward(dy, near, reference.max_pool2d_forward(near, k, 1), k, 1)
    return reference.pad2d_backward(dx, padding)


def _near_average(dy: Any, x_shape: Any, k: int, stride: Any = None, padding: int = 0) -> Any:
    """The same of an average."""
    dx = reference.pad2d_forward(np.zeros(x_shape, dy.dtype), padding)
    near = dx[:, : dy.shape[1] + k - 1, : dy.shape[2] + k - 1]
    near[...] = reference.avg_pool2d_backward(dy, near.shape, k, 1)
    return reference.pad2d_backward(dx, padding)


def _backward(name: str, pool: Any, first: int) -> Iterator[Mistake]:
    """Mistakes of a backward pass; ``first`` is where its settings begin, after dy."""
    defaults: tuple[Any, ...] = None, 0

    def too_small(dy: Any, *args: Any) -> Any:
        """dx as large as the windows reach, and not as x is."""
        settings: tuple[Any, ...] = args[first:]
        k, stride, padding = (*settings, *defaults[len(settings) - 1 :])
        reach = [(n - 1) * (stride or k) + k - 2 * padding for n in dy.shape[1:3]]
        return pool(dy, *args)[:, : reach[0], : reach[1]]

    yield mistake("padding-not-cut", name, "pad2d_backward(dx, padding)", "dx")
    yield instead("last-rows-lost", name)(too_small)
    yield from mixed_up(name, pool, 0)
    for index in FIRSTS:
        yield instead("first-window-only", name)(lambda dy, *a, i=index: pool(first_of(dy, i), *a))


MISTAKES = [
    *(
        instead("windows-overwrite", MAXIMUM)(_largest(whole, ties))
        for whole in (True, False)
        for ties in (True, False)
    ),
    mistake("windows-overwrite", MAXIMUM, "] += dy", "] = dy"),
    instead("windows-overwrite", AVERAGE)(_average),
    mistake("windows-overwrite", AVERAGE, "] += dy", "] = dy"),
    mistake("pool-ties", MAXIMUM, ".argmax(axis=-1)", "", "dy * (first == position)", "dy * first[..., position]"),
    mistake("pool-average-undivided", "avg_pool2d_forward", ".mean(axis=(4, 5))", ".sum(axis=(4, 5))"),
    mistake("pool-average-undivided", AVERAGE, "dy / (kh * kw)", "dy"),
    instead("stride-ignored", MAXIMUM)(_near_maximum),
    instead("stride-ignored", AVERAGE)(_near_average),
    *_forward("max_pool2d_forward", reference.max_pool2d_forward),
    *_forward("avg_pool2d_forward", reference.avg_pool2d_forward),
    *_backward(MAXIMUM, reference.max_pool2d_backward, 2),
    *_backward(AVERAGE, reference.avg_pool2d_backward, 1),
]
