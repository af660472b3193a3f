"""Cases of RNN, LSTM and GRU."""

from typing import Any

import numpy as np

from nural.cases.case import Case, Pair, Size, Values
from nural.layers.gru import GRU
from nural.layers.lstm import LSTM
from nural.layers.recurrent import Recurrent
from nural.layers.rnn import RNN

WEIGHTS = "W_ih", "W_hh", "b_ih", "b_hh"


def _case(name: str, layer: type[Recurrent], complete: bool = True, **settings: str) -> Case:
    """A case of a layer's pair, with or without biases and initial states; other arguments are given by name."""
    states = ("h0", "c0")[: layer.states]
    arguments = (*WEIGHTS, *states)
    given = arguments if complete else WEIGHTS[:2]

    def draw(rng: np.random.Generator, size: Size) -> Values:
        n, steps, features, hidden = size(1, 3), size(1, 4), size(1, 4), size(1, 4)
        width = layer.gate_count * hidden
        shapes = (features, width), (hidden, width), (width,), (width,), *[(n, hidden)] * len(states)
        drawn = {name: rng.standard_normal(shape) for name, shape in zip(arguments, shapes, strict=True)}
        values = {name: drawn[name] for name in given}
        while True:
            values["x"] = rng.standard_normal((n, steps, features))
            if "relu" not in settings.values() or _distance_from_kink(values) > 0.02:
                return values

    def forward(pair: Pair, v: Values, out: Any) -> tuple[np.ndarray, ...]:
        if out is not None and layer.kept:
            n, steps, hidden = out.shape
            out = out, *(np.empty((steps, *between, n, hidden), out.dtype) for between in layer.kept.values())
        found = pair[0](v["x"], *(v.get(name) for name in arguments), **settings, out=out)
        return found if layer.kept else (found,)

    def backward(pair: Pair, dy: np.ndarray, v: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        names = (*arguments, "x")
        if out is not None:
            buffers = dict(zip(v, out, strict=True))
            out = tuple(buffers.get(name) for name in names)
        initial = [v.get(name) for name in states]
        gradients = pair[1](dy, v["W_ih"], v["W_hh"], v["x"], *forward(pair, v, None), *initial, **settings, out=out)
        return tuple(gradient for name, gradient in zip(names, gradients, strict=True) if name in v)

    def torch_forward(torch: Any, v: Values) -> Any:
        kind = getattr(torch.nn, layer.__name__)
        module = kind(len(v["W_ih"]), len(v["W_hh"]), batch_first=True, bias=complete, **settings)
        weights = {f"weight_{name[2:]}_l0": v[name].T for name in WEIGHTS[:2]}
        weights |= {f"bias_{name[2:]}_l0": v[name] for name in WEIGHTS[2:] if name in v}
        initial = [v[name][None] for name in states if name in v]
        arguments = (v["x"],) if not initial else (v["x"], initial[0] if len(initial) == 1 else tuple(initial))
        return torch.func.functional_call(module, weights, arguments)[0]

    return Case(name, layer.pair, draw, lambda pair, v, out: forward(pair, v, out)[0], backward, torch_forward)


def _distance_from_kink(v: Values) -> float:
    """The smallest |a| over all inputs a of ReLU."""
    constant = v.get("b_ih", 0) + v.get("b_hh", 0)
    h, smallest = v.get("h0", np.zeros((len(v["x"]), len(v["W_hh"])))), np.inf
    for t in range(v["x"].shape[1]):
        a = v["x"][:, t] @ v["W_ih"] + h @ v["W_hh"] + constant
        h, smallest = np.maximum(a, 0), min(smallest, np.abs(a).min())
    return float(smallest)


CASES = [
    _case("rnn", RNN),
    _case("rnn, relu", RNN, nonlinearity="relu"),
    _case("rnn, no bias, from zero", RNN, complete=False),
    _case("lstm", LSTM),
    _case("lstm, no bias, from zero", LSTM, complete=False),
    _case("gru", GRU),
    _case("gru, no bias, from zero", GRU, complete=False),
]
