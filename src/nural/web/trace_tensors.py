"""A trace in the form that the page gets: arrays of the channels that are shown, or all of it as JSON to download."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.activations import ReLU
from nural.containers import Residual
from nural.layers import AdaptiveMaxPool2d, MaxPool2d
from nural.web.connections import SAME
from nural.web.explanation import parameter_name
from nural.web.paths import Paths, shown_shape
from nural.web.trace import Trace, TraceStep, digest


def layers_of(trace: Trace) -> list[dict[str, Any]]:
    """What the page needs to draw each step: name, type, shape, how it computes, and the size of its numbers."""
    paths = Paths(trace)
    found = []
    for step in trace.steps.values():
        own = {} if step.layer is None else step.layer.shapes
        gates = _open(paths, step)
        found.append(
            {
                "name": step.name,
                "type": "ink" if step.layer is None else type(step.layer).__name__,
                "title": "" if step.layer is None or isinstance(step.layer, Residual) else repr(step.layer),
                "kind": paths.kind(step),
                "same": isinstance(step.layer, SAME),
                "inputs": step.inputs,
                "shape": shown_shape(step),
                "params": {parameter_name(step, name): shape for name, shape in own.items()},
                "activation": _size(step.output),
                "gradient": None if step.gradient is None else _size(step.gradient),
                "open": None if gates is None else [int(gates.sum()), gates.size],
            }
        )
    return found


def arrays_of(trace: Trace, channels: int, whole: frozenset[str]) -> dict[str, np.ndarray]:
    """``a.NAME``, ``d.NAME`` and ``open.NAME`` of every step, images cut to ``channels`` unless among ``whole``.

    There is ``open`` where a rectifier or a maximum takes the output of a step: 1 where an error can come back, 0 at a
    closed gate and where another number was larger.
    """
    paths = Paths(trace)
    found = {}
    for step in trace.steps.values():
        for prefix, array in (("a", step.output), ("d", step.gradient), ("open", _open(paths, step))):
            if array is not None:
                shown = array.reshape(shown_shape(step))
                cut = shown.ndim == 3 and step.name not in whole
                found[f"{prefix}.{step.name}"] = shown[..., :channels] if cut else shown
    return found


def manifest(trace: Trace) -> dict[str, Any]:
    """The manifest that goes with the arrays."""
    return {
        "layers": layers_of(trace),
        "label": trace.label,
        "loss": trace.loss,
        "squared_norm": trace.squared_norm,
        "probabilities": trace.probabilities,
        "weights": digest(trace.model),
    }


def as_json(trace: Trace) -> Iterator[str]:
    """All of the trace as JSON, part by part: every activation and gradient, every parameter and its gradient.

    Numbers have as many digits as distinguish float32 numbers. Numbers that are not finite become null.
    """
    about = {"network": repr(trace.model), "dtype": str(trace.model.dtype), "label": trace.label, "loss": trace.loss}
    yield json.dumps(about | {"weights": digest(trace.model)})[:-1]
    yield f', "probabilities": {_numbers(trace.probabilities)}, "layers": ['
    for i, (step, about_step) in enumerate(zip(trace.steps.values(), layers_of(trace), strict=True)):
        kept = {name: about_step[name] for name in ("name", "type", "title", "inputs", "shape")}
        yield f"{', ' if i else ''}\n{json.dumps(kept)[:-1]}"
        yield f', "activation": {_numbers(step.output)}'
        if step.gradient is not None:
            yield f', "gradient": {_numbers(step.gradient)}'
        yield "}"
    yield '\n], "parameters": {'
    for i, (name, array) in enumerate(trace.model.params.items()):
        yield f'{", " if i else ""}\n{json.dumps(name)}: {{"shape": {list(array.shape)}, "value": {_numbers(array)}'
        if trace.label is not None:
            yield f', "gradient": {_numbers(trace.model.grads[name])}'
        yield "}"
    yield "\n}}\n"


def _open(paths: Paths, step: TraceStep) -> np.ndarray | None:
    """Where an error can come back to a step through the rectifier or maximum above it, if there is just one."""
    users = paths.trace.consumers(step.name)
    if len(users) != 1 or not isinstance(users[0].layer, ReLU | MaxPool2d | AdaptiveMaxPool2d):
        return None
    layer = users[0].layer.replica()
    y = layer.forward(step.output[None])
    return (layer.backward(np.ones_like(y))[0] > 0).astype(np.float32)


def _size(array: np.ndarray) -> dict[str, Any]:
    """The largest number and the root mean square, for the scale of colours."""
    with np.errstate(over="ignore", invalid="ignore"):
        levels = np.abs(array.astype(np.float64))
        return {"largest": float(levels.max(initial=0)), "rms": float(np.sqrt(np.mean(levels**2)))}


def _numbers(array: np.ndarray) -> str:
    """The array as a flat JSON list."""
    if not np.isfinite(array).all():
        return json.dumps([None if not np.isfinite(value) else value for value in array.reshape(-1).tolist()])
    digits = 9 if array.dtype == np.float32 else 17
    return f"[{', '.join([f'%.{digits}g' % value for value in array.reshape(-1).tolist()])}]"
