"""Cases of the fully connected pair."""

from nural.cases.case import Case
from nural.layers.linear import fc_backward, fc_forward

CASES = [
    Case(
        "fc",
        (fc_forward, fc_backward),
        draw=lambda rng, size: {
            "W": rng.standard_normal((n_in := size(1, 9), n_out := size(1, 7))),
            "b": rng.standard_normal(n_out),
            "x": rng.standard_normal((size(1, 5), n_in)),
        },
        call_forward=lambda pair, v, out: pair[0](v["x"], v["W"], v["b"], out=out),
        call_backward=lambda pair, dy, v, y, out: pair[1](dy, v["W"], v["x"], out=out),
        torch=lambda torch, v: torch.nn.functional.linear(v["x"], v["W"].T, v["b"]),
    ),
    Case(
        "fc, no bias, leading dimensions",
        (fc_forward, fc_backward),
        draw=lambda rng, size: {
            "W": rng.standard_normal((n_in := size(1, 9), size(1, 7))),
            "x": rng.standard_normal((size(1, 3), size(1, 3), n_in)),
        },
        call_forward=lambda pair, v, out: pair[0](v["x"], v["W"], out=out),
        call_backward=lambda pair, dy, v, y, out: _without_bias(pair, dy, v["W"], v["x"], out),
        torch=lambda torch, v: torch.nn.functional.linear(v["x"], v["W"].T),
    ),
]


def _without_bias(pair, dy, W, x, out):
    dW, _, dx = pair[1](dy, W, x, out=None if out is None else (out[0], None, out[1]))
    return dW, dx
