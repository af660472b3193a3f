"""Which layer of a network makes a gradient wrong: each is compared by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.gradients.comparison import Comparison, compare
from nural.layer import Layer


@dataclass
class Pass:
    """What went through a layer: ``x`` in and ``y`` out, and on the way back ``dy`` in, ``dx`` and ``grads`` out."""

    layer: Layer
    forward: Callable[..., np.ndarray]
    x: np.ndarray
    y: np.ndarray
    random: Any
    calls: int = 1
    dy: np.ndarray | None = None
    dx: np.ndarray | None = None


def culprits(model: Layer, step: Callable[[], Any], train: bool, samples: int, tolerance: float) -> list[str]:
    """What is wrong in each layer that is wrong by itself: "layer 3, MyTanh(): its dx is the right one times 0.5".

    Args:
        model: A network in float64, whose layers are watched.
        step: Its forward and its backward pass.
        train: Whether the forward pass runs as in training.
        samples: How many entries of each array are compared.
        tolerance: The largest relative error of a right one.
    """
    passes: dict[str, Pass] = {}
    for path, layer in model.named_layers():
        if not layer.children:
            _watch(layer, path, passes)
    step()
    return [
        f"{f'layer {path}, ' if path else ''}{went.layer!r}: {said}"
        for path, went in passes.items()
        if (said := _wrong(went, train, samples, tolerance))
    ]


def _watch(layer: Layer, path: str, passes: dict[str, Pass]) -> None:
    forward, backward = layer.forward, layer.backward

    def watched_forward(x: Any, *args: Any, **kwargs: Any) -> Any:
        state = None if layer.generator is None else layer.generator.bit_generator.state
        x = np.array(x)
        y = forward(x, *args, **kwargs)
        before = passes.get(path)
        passes[path] = Pass(layer, forward, x, np.array(y), state, 1 if before is None else before.calls + 1)
        return y

    def watched_backward(dy: Any, *args: Any, **kwargs: Any) -> Any:
        dy = np.array(dy)
        dx = backward(dy, *args, **kwargs)
        passes[path].dy, passes[path].dx = dy, None if dx is None else np.array(dx)
        return dx

    vars(layer)["forward"], vars(layer)["backward"] = watched_forward, watched_backward


def _wrong(went: Pass, train: bool, samples: int, tolerance: float) -> str:
    """What is wrong in one layer; nothing if all is right, or if it cannot be said, as where it is called twice."""
    layer, dy = went.layer, went.dy
    if dy is None or went.calls > 1 or went.x.dtype.kind != "f":
        return ""

    def f(_: np.ndarray) -> float:
        if layer.generator is not None:
            layer.generator.bit_generator.state = went.random
        return float(np.sum(dy * went.forward(went.x, train)))

    gradients = {f"d{name}": (gradient.copy(), layer.params[name]) for name, gradient in layer.grads.items()}
    if went.dx is not None and went.dx.shape == went.x.shape:
        gradients["dx"] = went.dx, went.x
    rng, said = np.random.default_rng(0), []
    for name, (gradient, array) in gradients.items():
        floor = float(np.abs(gradient).max(initial=0)) / 100
        compared = compare(gradient, f, array, floor, rng, samples, tolerance)
        if compared.error > tolerance:
            said.append(_relation(name, compared, went))
    if went.dx is not None and went.dx.shape != went.x.shape:
        said.append(f"its dx has the shape {went.dx.shape}, and x has {went.x.shape}")
    return ", ".join(said)


def _relation(name: str, compared: Comparison, went: Pass) -> str:
    arrays = {}
    if name == "dx" and went.y.shape == went.x.shape:
        x, y = went.x, went.y
        with np.errstate(all="ignore"):
            arrays = {
                "its output y": y,
                "its input x": x,
                "1 − y": 1 - y,
                "y (1 − y)": y * (1 - y),
                "1 / (y (1 − y))": 1 / (y * (1 - y)),
                "1 / (1 − y²)": 1 / (1 - y**2),
                "y / (1 − y²)": y / (1 - y**2),
                "1 / (1 + y)": 1 / (1 + y),
            }
    ratio = compared.ratio(arrays)
    return f"its {name} is the right one times {ratio}" if ratio else f"its {name} is wrong"
