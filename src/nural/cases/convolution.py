"""Cases of convolution and of the padding of images."""

import warnings
from typing import Any

import numpy as np

from nural.cases.case import Case, Pair, Size, Values
from nural.layers.convolution import conv2d_backward, conv2d_forward
from nural.layers.padding import PADDING_MODES, pad2d_backward, pad2d_forward


def _numbers(size: Size, low: int, high: int) -> tuple[int, int]:
    return size(low, high), size(low, high)


def _conv2d(
    name: str,
    stride: int = 1,
    padding: Any = 0,
    dilation: int = 1,
    groups: int = 1,
    depthwise: bool = False,
    bias: bool = True,
) -> Case:
    """A case whose settings are drawn up to the given ones; ``padding`` may be "same", or "sides" for four numbers."""

    def draw(rng: np.random.Generator, size: Size) -> Values:
        kernel, dilations = _numbers(size, 1, 3), _numbers(size, 1, dilation)
        number = size(1, groups)
        settings = {"stride": _numbers(size, 1, stride), "padding": padding, "dilation": dilations, "groups": number}
        if isinstance(padding, int):
            settings["padding"] = _numbers(size, 0, padding)
        elif padding == "sides":
            settings["padding"] = (_numbers(size, 0, 2), _numbers(size, 0, 2))
        inputs = 1 if depthwise else size(1, 3)
        outputs = number * size(1, 2)
        height, width = (d * (k - 1) + size(1, 4) for k, d in zip(kernel, dilations, strict=True))
        return {
            "K": rng.standard_normal((*kernel, inputs, outputs)),
            **({"b": rng.standard_normal(outputs)} if bias else {}),
            "x": rng.standard_normal((size(1, 2), height, width, inputs * number)),
            "settings": settings,
        }

    def call_backward(pair: Pair, dy: np.ndarray, v: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        buffers = (out[0], None, out[1]) if out is not None and not bias else out
        dK, db, dx = pair[1](dy, v["K"], v["x"], **v["settings"], out=buffers)
        return (dK, db, dx) if bias else (dK, dx)

    def torch(torch: Any, v: Values) -> Any:
        x, settings = v["x"].movedim(3, 1), dict(v["settings"])
        if padding == "sides":
            (top, bottom), (left, right) = settings.pop("padding")
            x = torch.nn.functional.pad(x, (left, right, top, bottom))
        K = v["K"].permute(3, 2, 0, 1).contiguous()
        with warnings.catch_warnings():  # about even kernels with "same", which are slow
            warnings.simplefilter("ignore", UserWarning)
            return torch.nn.functional.conv2d(x, K, v.get("b"), **settings).movedim(1, 3)

    return Case(
        name,
        (conv2d_forward, conv2d_backward),
        draw=draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], v["K"], v.get("b"), **v["settings"], out=out),
        call_backward=call_backward,
        torch=torch,
    )


def _pad2d(mode: str) -> Case:
    def draw(rng: np.random.Generator, size: Size) -> Values:
        height, width = _numbers(size, 3, 5)
        return {
            "x": rng.standard_normal((size(1, 2), height, width, size(1, 3))),
            "padding": (_numbers(size, 0, 2), _numbers(size, 0, 2)),
        }

    def torch(torch: Any, v: Values) -> Any:
        (top, bottom), (left, right) = v["padding"]
        name = "constant" if mode == "zeros" else mode
        return torch.nn.functional.pad(v["x"].movedim(3, 1), (left, right, top, bottom), mode=name).movedim(1, 3)

    return Case(
        f"pad2d, {mode}",
        (pad2d_forward, pad2d_backward),
        draw=draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], v["padding"], mode, out=out),
        call_backward=lambda pair, dy, v, y, out: (
            pair[1](dy, v["padding"], mode, out=None if out is None else out[0]),
        ),
        torch=torch,
    )


CASES = [
    _conv2d("conv2d"),
    _conv2d("conv2d, stride and padding", stride=4, padding=3),
    _conv2d("conv2d, dilation", stride=2, padding=1, dilation=3),
    _conv2d("conv2d, groups, no bias", stride=2, padding=1, groups=3, bias=False),
    _conv2d("conv2d, depthwise", padding=1, dilation=2, groups=4, depthwise=True),
    _conv2d("conv2d, same", padding="same", dilation=2),
    _conv2d("conv2d, another padding on each side", stride=3, padding="sides"),
    *(_pad2d(mode) for mode in PADDING_MODES),
]
