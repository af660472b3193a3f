"""Mistakes of convolution."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.mistakes.mistake import Mistake, instead, mistake
from nural.reference import conv2d_backward, conv2d_forward, pad2d_backward, pad2d_forward

FORWARD, BACKWARD = "conv2d_forward", "conv2d_backward"
Index = tuple[Any, ...]
ALL = slice(None)
FIRST = slice(0, 1)
LAST = slice(-1, None)
#: What is done of (n, r, c, m) when the loop over them is left after its first turn, by what the loops go over.
FIRSTS: list[Index] = [
    *[(FIRST, FIRST, FIRST, FIRST), (FIRST, FIRST, FIRST), (ALL, FIRST, FIRST), (ALL, FIRST), (FIRST,)],
    *[(FIRST, FIRST), (ALL, FIRST, FIRST, FIRST), (ALL, ALL, ALL, FIRST), (FIRST, ALL, ALL, FIRST)],
]

LAYOUT = "windows(array, K.shape[:2], stride, dilation)"
WINDOWS = f"({LAYOUT} for array in (x, dx))"
DX, DK = "dX[..., i, j] += dy @ K[i, j].T", 'dK[i, j] = np.einsum("nrcx,nrcy->xy", X[..., i, j], dy)'
DB = "dy.sum(axis=(0, 1, 2))"
PLAIN = "windows(pad2d_forward(x, padding), K.shape[:2], stride, dilation)"
#: As many windows as there are with the stride, but one pixel apart.
NEAR = "windows({}, K.shape[:2], 1, dilation)[:, :dy.shape[1], :dy.shape[2]]"


def first_of(dy: np.ndarray, index: Index) -> np.ndarray:
    """What is left of an array if a loop looks at this alone."""
    some = np.zeros_like(dy)
    some[index] = dy[index]
    return some


def _first_windows() -> Iterator[Mistake]:
    for index in FIRSTS:

        def forward(x: Any, K: Any, b: Any = 0, stride: int = 1, padding: int = 0, index: Index = index) -> Any:
            return first_of(conv2d_forward(x, K, b, stride, padding), index)

        def backward(dy: Any, K: Any, x: Any, stride: int = 1, padding: int = 0, index: Index = index) -> Any:
            return conv2d_backward(first_of(dy, index), K, x, stride, padding)

        yield instead("first-window-only", FORWARD)(forward)
        yield instead("first-window-only", BACKWARD)(backward)


def _overwritten(dy: Any, K: Any, x: Any, stride: int = 1, padding: int = 0, last: bool = False) -> Any:
    """dx of a loop over windows with `=`: what the last window of each pixel sends."""
    dK, db, _ = conv2d_backward(dy, K, x, stride, padding)
    dx = np.zeros_like(pad2d_forward(x, padding))
    kh, kw = K.shape[:2]
    for r, c in np.ndindex(dy.shape[1:3]):
        some = slice(-1, None) if last else ALL
        sent = np.einsum("nm,ijcm->nijc", dy[:, r, c, some], K[..., some])
        dx[:, r * stride : r * stride + kh, c * stride : c * stride + kw] = sent
    return dK, db, pad2d_backward(dx, padding)


def _last_channel_overwritten(*args: Any) -> Any:
    """The same with a loop over the channels inside, of which the last one stays."""
    return _overwritten(*args, last=True)


def _last_kernel_of(index: Index) -> Mistake:
    """dK of a loop over samples or windows with `=`."""

    def wrong(dy: Any, K: Any, x: Any, stride: int = 1, padding: int = 0) -> Any:
        dK, *_ = conv2d_backward(first_of(dy, index), K, x, stride, padding)
        return dK, *conv2d_backward(dy, K, x, stride, padding)[1:]

    return instead("windows-overwrite", BACKWARD)(wrong)


def _too_small(dy: Any, K: Any, x: Any, stride: int = 1, padding: int = 0) -> Any:
    """dx as large as the windows reach, and not as x is."""
    dK, db, dx = conv2d_backward(dy, K, x, stride, padding)
    reach = [(n - 1) * stride + k - 2 * padding for n, k in zip(dy.shape[1:3], K.shape[:2], strict=True)]
    return dK, db, dx[:, : reach[0], : reach[1]]


def _missing_last(x: Any, K: Any, b: Any = 0, stride: int = 1, padding: int = 0) -> Any:
    """y of windows that begin before H − kh, and not at it."""
    y: Any = conv2d_forward(x, K, b, stride, padding)
    rows, columns = (-(-(n + 2 * padding - k) // stride) for n, k in zip(x.shape[1:3], K.shape[:2], strict=True))
    return y[:, :rows, :columns]


def _channels_first(a: Any) -> Any:
    n, h, w, c = a.shape
    return np.moveaxis(a.reshape(n, c, h, w), 1, 3)


def _channels_of_all(a: Any) -> Any:
    return np.moveaxis(a.reshape(a.shape[3], *a.shape[:3]), 0, 3)


def _positions_first(a: Any) -> Any:
    n, h, w, c = a.shape
    return np.moveaxis(a.reshape(h, w, n, c), 2, 0)


#: Images of other axes, reshaped where they should be moved.
MIXED_UP = [
    *[_channels_first, _channels_of_all, _positions_first],
    *[lambda a: np.moveaxis(a, 3, 1).reshape(a.shape), lambda a: np.moveaxis(a, 3, 0).reshape(a.shape)],
]


def mixed_up(name: str, f: Any, place: int) -> Iterator[Mistake]:
    """What comes of a function where the argument at this place is mixed up."""
    for change in MIXED_UP:
        yield instead("reshape-for-transpose", name)(
            lambda *a, change=change: f(*a[:place], change(a[place]), *a[place + 1 :])
        )


def _mixed_up_kernels() -> Iterator[Mistake]:
    def of_outputs(K: Any) -> Any:
        return K.reshape(K.shape[3], -1).T.reshape(K.shape)

    def of_columns(K: Any) -> Any:
        kh, kw, c, m = K.shape
        return np.moveaxis(K.reshape(c, kh, kw, m), 0, 2)

    def of_channels(K: Any) -> Any:
        kh, kw, c, m = K.shape
        return K.reshape(kh, kw, m, c).swapaxes(2, 3)

    for change in (of_outputs, of_columns, of_channels):
        yield instead("reshape-for-transpose", FORWARD)(lambda x, K, *a, f=change: conv2d_forward(x, f(K), *a))
        yield instead("reshape-for-transpose", BACKWARD)(lambda dy, K, *a, f=change: conv2d_backward(dy, f(K), *a))


MISTAKES = [
    mistake("kernel-flipped", FORWARD, "@ K[i, j]", "@ K[::-1, ::-1][i, j]"),
    mistake("stride-ignored", FORWARD, PLAIN, PLAIN.replace("stride", "1")),
    mistake(
        "stride-ignored",
        FORWARD,
        PLAIN,
        f"{PLAIN.replace('stride', '1')}[:, :-(-(x.shape[1] + 2 * padding - len(K) + 1) // stride), "
        ":-(-(x.shape[2] + 2 * padding - K.shape[1] + 1) // stride)]",
    ),
    instead("last-rows-lost", FORWARD)(_missing_last),
    mistake("bias-not-summed", BACKWARD, DB, "dy"),
    mistake("bias-not-summed", BACKWARD, DB, "dy.sum(axis=0)"),
    mistake("bias-summed-over-everything", BACKWARD, DB, "dy.sum()"),
    mistake("bias-averaged", BACKWARD, DB, "dy.mean(axis=(0, 1, 2))"),
    mistake("bias-averaged", BACKWARD, DB, f"{DB} / len(dy)"),
    mistake("bias-averaged", BACKWARD, DB, "dy.mean()"),
    *(
        mistake("bias-over-wrong-axes", BACKWARD, DB, f"dy.sum(axis={axes})")
        for axes in ("(0, 2, 3)", "(0, 1, 3)", "(1, 2, 3)", "(0, 1)", "(0, 2)", "(1, 2)", "(2, 3)", "1", "2", "3")
    ),
    mistake("bias-from-weight-gradient", BACKWARD, f"{DB}", "dK.sum(axis=(0, 1, 2))"),
    mistake("bias-from-weight-gradient", BACKWARD, f"{DB}", "dK.sum()"),
    mistake("gradient-averaged-over-positions", BACKWARD, "return dK", "return dK / (dy.size // dy.shape[3])"),
    mistake("kernel-not-flipped", BACKWARD, DX, "dX[..., i, j] += dy @ K[::-1, ::-1][i, j].T"),
    mistake("kernel-flipped", BACKWARD, "return dK", "return dK[::-1, ::-1]"),
    mistake("channels-not-swapped", BACKWARD, DX, "dX[..., i, j] += dy @ K[i, j]"),
    mistake("gradient-transposed", BACKWARD, "return dK", "return dK.swapaxes(2, 3)"),
    mistake("stride-ignored", BACKWARD, WINDOWS, f"({NEAR.format('array')} for array in (x, dx))"),
    mistake("stride-ignored", BACKWARD, WINDOWS, f"({LAYOUT.replace('array', 'x')}, {NEAR.format('dx')})"),
    mistake("stride-ignored", BACKWARD, WINDOWS, f"({NEAR.format('x')}, {LAYOUT.replace('array', 'dx')})"),
    mistake("padding-not-cut", BACKWARD, "pad2d_backward(dx, padding)", "dx"),
    instead("last-rows-lost", BACKWARD)(_too_small),
    instead("windows-overwrite", BACKWARD)(_overwritten),
    mistake("windows-overwrite", BACKWARD, "] += dy", "] = dy"),
    instead("windows-overwrite", BACKWARD)(_last_channel_overwritten),
    *(_last_kernel_of(index) for index in [(LAST, LAST, LAST), (ALL, LAST, LAST), (LAST,)]),
    mistake("batch-mean-twice", BACKWARD, f"return dK, {DB}", f"return dK / len(x), {DB} / len(x)"),
    mistake("batch-mean-twice", BACKWARD, "return dK", "return dK / len(x)"),
    mistake("weights-updated-first", BACKWARD, DX, "dX[..., i, j] += dy @ (K[i, j] - dK[i, j]).T", along=True),
    *_first_windows(),
    *mixed_up(FORWARD, conv2d_forward, 0),
    *mixed_up(BACKWARD, conv2d_backward, 0),
    *mixed_up(BACKWARD, conv2d_backward, 2),
    *_mixed_up_kernels(),
]
