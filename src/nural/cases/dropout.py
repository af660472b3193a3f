"""Cases of dropout, whose mask is an argument."""

import numpy as np

from nural.cases.case import Case, Size, Values, float_type
from nural.layers.dropout import dropout_backward, dropout_forward, dropout_mask


def _draw(rng: np.random.Generator, size: Size) -> Values:
    shape = size(1, 5), size(1, 7)
    return {"x": rng.standard_normal(shape), "seed": size(0, 1000), "p": size(0, 4) / 4}


def _mask(v: Values) -> np.ndarray:
    return dropout_mask(np.random.default_rng(v["seed"]), v["p"], np.empty(np.shape(v["x"]), float_type(v["x"])))


def _as_pytorch_has_it(torch, v):
    kept = torch.from_numpy(_mask({**v, "x": v["x"].detach().numpy()}) > 0)
    return v["x"] * kept / (1 - v["p"]) if v["p"] < 1 else v["x"] * 0


CASES = [
    Case(
        "dropout",
        (dropout_forward, dropout_backward),
        draw=_draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], _mask(v), out=out),
        call_backward=lambda pair, dy, v, y, out: (pair[1](dy, _mask(v), out=None if out is None else out[0]),),
        torch=_as_pytorch_has_it,
    ),
]
