"""Every pair, by the table of cases: the gradient, ``out=``, inputs, dtypes, shapes, empty batches, PyTorch."""

import copy

import numpy as np
import pytest
from cases import CASES, public_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from nural.cases import differentiated, gradient_error
from nural.cases.against_torch import as_type, dy_for, torch_errors

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def run(case, values, dy, out=None, out_gradients=None):
    y = case.forward(values, out)
    return y, case.backward(dy, values, y, out_gradients)


def test_every_public_pair_has_a_case():
    covered = {f"{function.__module__}.{function.__qualname__}" for case in CASES for function in case.pair}
    assert public_pairs() == covered
    assert len({case.name for case in CASES}) == len(CASES)


@each_case
@pytest.mark.parametrize("seed", range(3))
def test_gradient_is_the_slope(case, seed):
    assert gradient_error(case, case.sample(seed)) < 1e-6


@each_case
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_gradient_is_the_slope_for_odd_shapes(case, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = case.draw(rng, lambda low, high: data.draw(st.integers(low, high)))
    assert gradient_error(case, values) < 1e-6


@each_case
def test_gradient_of_a_batch_of_one(case):
    rng = np.random.default_rng(0)
    assert gradient_error(case, case.draw(rng, lambda low, high: low)) < 1e-6


@each_case
@settings(max_examples=10, deadline=None)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
def test_dtype_is_kept_and_inputs_are_unchanged(case, dtype, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = as_type(case.draw(rng, lambda low, high: data.draw(st.integers(low, high))), dtype)
    before = copy.deepcopy(values)
    dy = dy_for(case, values)
    dy_before = dy.copy()
    y, gradients = run(case, values, dy)
    assert np.asarray(y).dtype == dtype
    assert [gradient.dtype for gradient in gradients] == [dtype] * len(gradients)
    assert [g.shape for g in gradients] == [array.shape for array in differentiated(values).values()]
    np.testing.assert_equal(values, before)
    np.testing.assert_equal(dy, dy_before)


@each_case
def test_out_is_written_and_returned_with_the_same_bits(case):
    values = as_type(case.sample(), np.float32)
    dy = dy_for(case, values)
    y, gradients = run(case, values, dy)
    out = np.full_like(y, np.nan)
    out_gradients = tuple(np.full_like(gradient, np.nan) for gradient in gradients)
    y_out, gradients_out = run(case, values, dy, out if np.ndim(y) else None, out_gradients)
    np.testing.assert_array_equal(y_out, y)
    assert np.ndim(y) == 0 or y_out is out
    for gradient, written, returned in zip(gradients, out_gradients, gradients_out, strict=True):
        assert returned is written
        np.testing.assert_array_equal(returned, gradient)


@each_case
def test_an_empty_batch_is_refused_by_name(case):
    values = case.sample()
    name = "y" if "x" not in values else "x"
    empty = values | {name: values[name][:0]}
    with pytest.raises(ValueError, match=rf"{case.pair[0].__name__}.*empty"):
        case.forward(empty, None)


@pytest.mark.parity
@each_case
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)], ids=["float64", "float32"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_pytorch(case, dtype, tolerance, seed):
    errors = torch_errors(case, case.sample(seed), dtype)
    assert max(errors.values()) < tolerance, errors
