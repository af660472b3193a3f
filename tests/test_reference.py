"""The reference: each of nural's functions equals its few lines of NumPy, which PyTorch and the slope prove too."""

import copy
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import CASES, public_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

import nural
from nural import gradients, layers, optimizers, reference
from nural.cases import gradient_error, relative_error
from nural.cases.against_torch import as_type, dy_for, torch_errors
from nural.cases.optimizers import OPTIMIZERS, optimizer_error
from nural.cases.reference import LEFT_OUT, NOTHING, UPDATES, reference_case, reference_optimizer

PLAIN = [(case, plain) for case in CASES if (plain := reference_case(case))]
each_case = pytest.mark.parametrize(("case", "plain"), PLAIN, ids=[case.name for case, _ in PLAIN])
FUNCTIONS = {name: value for name, value in vars(reference).items() if inspect.isfunction(value)}

#: Optimizers that have no update of their own.
NO_RULE = {
    "Clipped": "another's step, after its gradients are cut",
    "ExponentialMovingAverage": "another's step, after which the weights are averaged",
}
#: What a function of nural's takes and its reference does not, so that the formula can be read.
NOT_TAKEN = {
    "out": "the reference returns new arrays",
    "scratch": "likewise",
    "share": "a batch that is divided over replicas",
    "ceil_mode": "windows lie on the padded image",
    "count_include_pad": "all windows are alike",
    "divisor_override": "likewise",
    "weight": "samples and classes count alike",
    "pos_weight": "likewise",
    "ignore_index": "likewise",
}


def test_every_pair_and_loss_has_a_reference():
    assert {name.rpartition(".")[2] for name in public_pairs()} - FUNCTIONS.keys() == set()


def test_every_optimizer_has_a_reference_or_a_reason():
    classes = {name: value for name in optimizers.__all__ if inspect.isclass(value := getattr(optimizers, name))}
    assert {OPTIMIZERS[name].ours.__name__ for name in UPDATES} | NO_RULE.keys() == classes.keys() - {"Optimizer"}
    used = {update.__name__ for update in UPDATES.values()}
    assert {name for name in FUNCTIONS if name.endswith("_update")} == used


def test_what_is_left_out_is_still_there():
    assert {case.name for case in CASES} | OPTIMIZERS.keys() >= LEFT_OUT.keys()
    assert OPTIMIZERS.keys() - UPDATES.keys() <= LEFT_OUT.keys()


def test_names_arguments_and_defaults_are_those_of_the_fast_functions():
    fast = [f for case in CASES for f in case.pair] + [layers.dropout_mask, gradients.numerical_gradient]
    for function in fast:
        ours = inspect.signature(function).parameters
        plain = inspect.signature(FUNCTIONS[function.__name__]).parameters
        left_out = ours.keys() - plain.keys()
        assert left_out <= NOT_TAKEN.keys(), function.__name__
        assert [name for name in ours if name not in left_out] == list(plain), function.__name__
        for name, parameter in plain.items():
            expected = ours[name].default
            assert parameter.default == (NOTHING.get(name) if expected is None else expected), function.__name__


@each_case
@settings(max_examples=10, deadline=None)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
def test_fast_pairs_equal_it_for_odd_shapes(case, plain, dtype, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = as_type(case.draw(rng, lambda low, high: data.draw(st.integers(low, high))), dtype)
    before, dy = copy.deepcopy(values), dy_for(case, values)
    y, expected = case.forward(values, None), plain.forward(values, None)
    gradients = case.backward(dy, values, y, None), plain.backward(dy, values, expected, None)
    np.testing.assert_equal(values, before)
    tolerance, nearly_zero = (1e-10, 1e-3) if dtype == np.float64 else (2e-5, 0.1)  # sums of terms around 1 may cancel
    for ours, plainly in zip((y, *gradients[0]), (expected, *gradients[1]), strict=True):
        assert np.asarray(plainly).dtype == dtype
        assert relative_error(ours, plainly, nearly_zero) < tolerance


@each_case
def test_gradient_is_the_slope(case, plain):
    assert gradient_error(plain, case.sample()) < 1e-6


@pytest.mark.parity
@each_case
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)], ids=["float64", "float32"])
def test_equals_pytorch(case, plain, dtype, tolerance):
    errors = torch_errors(plain, case.sample(), dtype)
    assert max(errors.values()) < tolerance, errors


@pytest.mark.parametrize("name", ["he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "fans"])
@pytest.mark.parametrize("shape", [(30, 20), (3, 2, 4, 6)])
def test_initializers_equal_it(name, shape):
    args = [] if name == "fans" else [np.random.default_rng(0)]
    ours, plain = (getattr(m, name)(*copy.deepcopy(args), shape) for m in (nural.initializers, reference))
    np.testing.assert_allclose(ours, plain, rtol=1e-14)


def test_saved_values_are_those_of_the_fast_functions(rng):
    """What a forward pass returns besides y, which the backward pass of either takes."""
    x, sequences = rng.standard_normal((4, 5)), rng.standard_normal((4, 6, 5))
    for name, arguments in {
        "batch_norm_forward": (x,),
        "layer_norm_forward": (x,),
        "lstm_forward": (sequences, rng.standard_normal((5, 12)), rng.standard_normal((3, 12))),
        "gru_forward": (sequences, rng.standard_normal((5, 9)), rng.standard_normal((3, 9))),
    }.items():
        found, expected = getattr(reference, name)(*arguments), getattr(layers, name)(*arguments)
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_dropout_mask_draws_the_same(rng):
    masks = [f(np.random.default_rng(1), 0.3, np.empty((5, 7))) for f in (reference.dropout_mask, layers.dropout_mask)]
    np.testing.assert_allclose(*masks, rtol=1e-15)


def test_numerical_gradient_is_the_same(rng):
    W = rng.standard_normal((3, 4))
    found, expected = (
        g(lambda W: np.sum(np.sin(W) * W**2), W) for g in (reference.numerical_gradient, gradients.numerical_gradient)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_optimizers_equal_their_updates(name, dtype, tolerance, rng):
    case = OPTIMIZERS[name]
    plain = reference_optimizer(name, case)
    assert plain
    params = [{"W": np.linspace(-1, 1, 15, dtype=dtype).reshape(5, 3), "b": np.ones(3, dtype)} for _ in range(2)]
    both = [c.ours(case.learning_rate, **case.options) for c in (case, plain)]
    for _ in range(10):
        grads = {key: rng.standard_normal(W.shape).astype(dtype) for key, W in params[0].items()}
        for optimizer, weights in zip(both, params, strict=True):
            optimizer.update(weights, grads)
    for key, W in params[0].items():
        assert params[1][key].dtype == dtype
        assert relative_error(W, params[1][key]) < tolerance


@pytest.mark.parity
@pytest.mark.parametrize("name", UPDATES)
def test_updates_equal_pytorch(name):
    plain = reference_optimizer(name, OPTIMIZERS[name])
    assert plain
    assert optimizer_error(plain, np.float64) < 1e-12


def test_it_is_short_and_plain():
    """No classes, no checks, nothing but NumPy: it is read from the first line to the last."""
    text = "".join(path.read_text() for path in Path(reference.__file__).parent.glob("*.py"))
    assert sum(1 for line in text.splitlines() if line.strip()) < 520
    for word in ("class ", "raise ", "assert ", "out=", "isinstance(x"):
        assert word not in text
    assert all(len((f.__doc__ or "").splitlines()) == 1 for f in FUNCTIONS.values())


def test_it_is_reached_from_nural():
    assert nural.reference is sys.modules["nural.reference"]
    assert nural.reference.fc_forward(np.ones((1, 2)), np.ones((2, 3))).tolist() == [[2, 2, 2]]
