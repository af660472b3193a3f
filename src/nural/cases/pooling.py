"""Cases of pooling. Inputs of a maximum are far apart, so that no small step moves the maximum to another entry."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural import layers as p
from nural.cases.case import Case, Size, Values
from nural.layers import adaptive_pooling as a


def _smooth(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape)


def _apart(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return 0.1 * rng.permutation(np.prod(shape)).reshape(shape)


def _sliding(
    name: str, forward: Any, backward: Any, torch: str, values: Callable[..., Any], dilation: int = 1, **settings: Any
) -> Case:
    """Pooling with drawn windows; backward takes x and y for the maximum, and x's shape for the average."""

    def draw(rng: np.random.Generator, size: Size) -> Values:
        kernel = size(1, 3), size(1, 3)
        drawn = {
            "kernel_size": kernel,
            "stride": (size(1, 4), size(1, 4)),
            "padding": (size(0, kernel[0] // 2), size(0, kernel[1] // 2)),
        }
        if dilation > 1:
            drawn["dilation"] = size(1, dilation), size(1, dilation)
        height, width = (dilation * (k - 1) + size(1, 4) for k in kernel)
        x = values(rng, (size(1, 2), height, width, size(1, 3)))
        return {"x": x, "settings": drawn | settings}

    return Case(
        name,
        (forward, backward),
        draw=draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], **v["settings"], out=out),
        call_backward=lambda pair, dy, v, y, out: (
            pair[1](dy, *_saved(v, y, values), **v["settings"], out=None if out is None else out[0]),
        ),
        torch=lambda torch_, v: getattr(torch_.nn.functional, torch)(v["x"].movedim(3, 1), **v["settings"]).movedim(
            1, 3
        ),
    )


def _adaptive(name: str, forward: Any, backward: Any, torch: str, values: Callable[..., Any]) -> Case:
    """Pooling to a drawn size, which need not divide the image's size."""
    return Case(
        name,
        (forward, backward),
        draw=lambda rng, size: {
            "x": values(rng, (size(1, 2), size(1, 6), size(1, 6), size(1, 3))),
            "output_size": (size(1, 4), size(1, 4)),
        },
        call_forward=lambda pair, v, out: pair[0](v["x"], v["output_size"], out=out),
        call_backward=lambda pair, dy, v, y, out: (
            pair[1](dy, *_saved(v, y, values), v["output_size"], out=None if out is None else out[0]),
        ),
        torch=lambda torch_, v: getattr(torch_.nn.functional, torch)(v["x"].movedim(3, 1), v["output_size"]).movedim(
            1, 3
        ),
    )


def _saved(v: Values, y: Any, values: Callable[..., Any]) -> tuple[Any, ...]:
    return (v["x"], y) if values is _apart else (np.shape(v["x"]),)


_MAX = p.max_pool2d_forward, p.max_pool2d_backward, "max_pool2d", _apart
_AVG = p.avg_pool2d_forward, p.avg_pool2d_backward, "avg_pool2d", _smooth

CASES = [
    _sliding("max_pool2d", *_MAX),
    _sliding("max_pool2d, dilation", *_MAX, dilation=3),
    _sliding("max_pool2d, dilation, ceil_mode", *_MAX, dilation=3, ceil_mode=True),
    _sliding("avg_pool2d", *_AVG),
    _sliding("avg_pool2d, ceil_mode", *_AVG, ceil_mode=True),
    _sliding("avg_pool2d, padding not counted", *_AVG, ceil_mode=True, count_include_pad=False),
    _sliding("avg_pool2d, another divisor", *_AVG, divisor_override=3),
    _adaptive(
        "adaptive_avg_pool2d",
        a.adaptive_avg_pool2d_forward,
        a.adaptive_avg_pool2d_backward,
        "adaptive_avg_pool2d",
        _smooth,
    ),
    _adaptive(
        "adaptive_max_pool2d",
        a.adaptive_max_pool2d_forward,
        a.adaptive_max_pool2d_backward,
        "adaptive_max_pool2d",
        _apart,
    ),
    Case(
        "global_avg_pool2d",
        (a.global_avg_pool2d_forward, a.global_avg_pool2d_backward),
        draw=lambda rng, size: {"x": rng.standard_normal((size(1, 3), size(1, 5), size(1, 5), size(1, 4)))},
        call_forward=lambda pair, v, out: pair[0](v["x"], out=out),
        call_backward=lambda pair, dy, v, y, out: (pair[1](dy, np.shape(v["x"]), out=None if out is None else out[0]),),
        torch=lambda torch, v: torch.nn.functional.adaptive_avg_pool2d(v["x"].movedim(3, 1), 1)[:, :, 0, 0],
    ),
]
