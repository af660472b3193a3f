"""Ten steps at a high learning rate against PyTorch's: random matrices and a small network, every option both have."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nural
from nural.cases import relative_error

pytestmark = pytest.mark.parity

DECAY = {"weight_decay": st.sampled_from([0.0, 0.1]), "maximize": st.booleans()}
BETAS = st.sampled_from([(0.9, 0.999), (0.5, 0.8), (0.0, 0.99)])

#: nural's name, PyTorch's name, and the options of both; a high learning rate.
OPTIMIZERS: dict[str, tuple[str, float, dict[str, st.SearchStrategy[Any]]]] = {
    "SGD": (
        "SGD",
        0.5,
        DECAY | {"momentum": st.sampled_from([0.0, 0.5, 0.9]), "dampening": st.sampled_from([0.0, 0.3])},
    ),
    "AdaGrad": (
        "Adagrad",
        0.5,
        DECAY
        | {
            "lr_decay": st.sampled_from([0.0, 0.2]),
            "initial_accumulator_value": st.sampled_from([0.0, 0.1]),
            "eps": st.sampled_from([1e-10, 1e-3]),
        },
    ),
    "RMSProp": (
        "RMSprop",
        0.05,
        DECAY
        | {
            "alpha": st.sampled_from([0.99, 0.9, 0.5]),
            "eps": st.sampled_from([1e-8, 1e-3]),
            "momentum": st.sampled_from([0.0, 0.7]),
            "centered": st.booleans(),
        },
    ),
    "Adadelta": (
        "Adadelta",
        1.0,
        DECAY | {"rho": st.sampled_from([0.9, 0.5]), "eps": st.sampled_from([1e-6, 1e-2])},
    ),
    "Adam": (
        "Adam",
        0.2,
        DECAY
        | {
            "betas": BETAS,
            "eps": st.sampled_from([1e-8, 1e-3]),
            "amsgrad": st.booleans(),
            "decoupled_weight_decay": st.booleans(),
        },
    ),
    "AdamW": (
        "AdamW",
        0.2,
        DECAY | {"betas": BETAS, "eps": st.sampled_from([1e-8, 1e-3]), "amsgrad": st.booleans()},
    ),
}


@st.composite
def pairs(draw, name):
    """An optimizer of nural's and what builds PyTorch's with the same options."""
    theirs, learning_rate, options = OPTIMIZERS[name]
    chosen = {option: draw(values) for option, values in options.items()}
    if name == "SGD" and chosen["momentum"] and not chosen["dampening"]:
        chosen["nesterov"] = draw(st.booleans())
    ours = getattr(nural, name)(learning_rate, **chosen)

    def build(torch, params):
        return getattr(torch.optim, theirs)(params, lr=learning_rate, foreach=False, **chosen)

    return ours, build


each_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)
each_type = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)], ids=["float64", "float32"]
)


@each_optimizer
@each_type
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_ten_steps_of_random_matrices(name, dtype, tolerance, data):
    import torch

    ours, build = data.draw(pairs(name))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    shapes = {"W": (6, 5), "b": (5,), "K": (2, 3, 2, 4)}
    params = {n: rng.standard_normal(shape).astype(dtype) for n, shape in shapes.items()}
    tensors = {n: torch.from_numpy(W.copy()).requires_grad_() for n, W in params.items()}
    theirs = build(torch, tensors.values())
    for _ in range(10):
        grads = {n: rng.standard_normal(shape).astype(dtype) for n, shape in shapes.items()}
        for n, g in grads.items():
            tensors[n].grad = torch.from_numpy(g.copy())
        ours.update(params, grads)
        theirs.step()
        for n, W in params.items():
            assert relative_error(W, tensors[n].detach()) < tolerance


def networks(torch, dtype, rng):
    """The same small network twice."""
    ours = nural.Sequential(nural.Linear(6, 8), nural.Tanh(), nural.Linear(8, 3), rng=rng).astype(dtype)
    theirs = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    theirs.to(torch.float64 if dtype == np.float64 else torch.float32)
    with torch.no_grad():
        for W, parameter in zip(ours.params.values(), theirs.parameters(), strict=True):
            parameter.copy_(torch.from_numpy(W.T.copy()))
    return ours, theirs


def both_step(torch, ours, theirs, optimizer, optimizer_theirs, x, t, after_backward=lambda: None):
    _, dy = nural.cross_entropy_loss(ours.forward(x, train=True), t)
    ours.backward(dy)
    optimizer.update(ours.params, ours.grads)
    optimizer_theirs.zero_grad()
    torch.nn.functional.cross_entropy(theirs(torch.from_numpy(x)), torch.from_numpy(t)).backward()
    after_backward()
    optimizer_theirs.step()


def assert_same(params, parameters, tolerance):
    for (name, W), parameter in zip(params.items(), parameters, strict=True):
        assert relative_error(W, parameter.detach().numpy().T) < tolerance, name


@each_optimizer
@pytest.mark.parametrize(  # float32's roundings grow through the network, and where a small g is divided by its size
    ("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 5e-4)], ids=["float64", "float32"]
)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_ten_steps_of_a_small_network(name, dtype, tolerance, data):
    import torch

    ours_optimizer, build = data.draw(pairs(name))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    ours, theirs = networks(torch, dtype, rng)
    theirs_optimizer = build(torch, theirs.parameters())
    for _ in range(10):
        x, t = rng.standard_normal((16, 6)).astype(dtype), rng.integers(0, 3, 16)
        both_step(torch, ours, theirs, ours_optimizer, theirs_optimizer, x, t)
    assert_same(ours.params, theirs.parameters(), tolerance)


@each_type
@pytest.mark.parametrize("limits", [{"max_norm": 0.1}, {"limit": 0.02}, {"max_norm": 100.0}])
def test_clipping(limits, dtype, tolerance, rng):
    import torch

    ours, theirs = networks(torch, dtype, rng)
    optimizer = nural.Clipped(nural.SGD(2.0, momentum=0.9), **limits)
    optimizer_theirs = torch.optim.SGD(theirs.parameters(), lr=2.0, momentum=0.9)

    def clip():
        if "limit" in limits:
            torch.nn.utils.clip_grad_value_(theirs.parameters(), limits["limit"])
        else:
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), limits["max_norm"])

    for _ in range(10):
        x, t = rng.standard_normal((16, 6)).astype(dtype), rng.integers(0, 3, 16)
        both_step(torch, ours, theirs, optimizer, optimizer_theirs, x, t, after_backward=clip)
    assert_same(ours.params, theirs.parameters(), tolerance)


@each_type
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99, 1.0])
def test_exponential_moving_average(decay, dtype, tolerance, rng):
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    ours, theirs = networks(torch, dtype, rng)
    optimizer = nural.ExponentialMovingAverage(nural.SGD(1.0), decay=decay)
    optimizer_theirs = torch.optim.SGD(theirs.parameters(), lr=1.0)
    averaged = AveragedModel(theirs, multi_avg_fn=get_ema_multi_avg_fn(decay))
    for _ in range(10):
        x, t = rng.standard_normal((16, 6)).astype(dtype), rng.integers(0, 3, 16)
        both_step(torch, ours, theirs, optimizer, optimizer_theirs, x, t)
        averaged.update_parameters(theirs)
        assert_same(optimizer.averaged(ours).params, averaged.parameters(), tolerance)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (nural.SGD, "SGD"),
        (nural.AdaGrad, "Adagrad"),
        (nural.RMSProp, "RMSprop"),
        (nural.Adadelta, "Adadelta"),
        (nural.Adam, "Adam"),
        (nural.AdamW, "AdamW"),
    ],
)
def test_positional_arguments_come_in_pytorch_s_order(ours, theirs):
    import torch

    parameters = inspect.signature(ours).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    of_theirs = list(inspect.signature(getattr(torch.optim, theirs)).parameters)[1:]  # but for the weights
    assert of_theirs[: len(names)] == ["lr", *names[1:]]
