"""The modules of the second tutorial: activations and their derivatives, the gradient, the loss, one-hot labels."""

import math

import numpy as np
import pytest

import nural.models.two_layer.activation_function as af
import nural.models.two_layer.gradient_calculating as gc
import nural.models.two_layer.loss_function as lf
from nural import cross_entropy_loss, numerical_gradient
from nural.models.two_layer.one_hot_label import change_one_hot_label


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_a_derivative_is_the_slope_of_its_function(name, rng):
    function, derivative = getattr(af, name), getattr(af, f"{name}_grad")
    a = rng.standard_normal((3, 4))
    np.testing.assert_allclose(derivative(a), gc.numerical_gradient(lambda a: function(a).sum(), a), rtol=1e-8)
    np.testing.assert_array_equal(derivative(a.tolist()), derivative(a))
    assert derivative(a.astype(np.float32)).dtype == np.float32
    assert function(0) == (0 if name == "relu" else 0.5)
    assert derivative(0) == (0 if name == "relu" else 0.25)
    assert derivative(-1000.0) == 0


def test_softmax_of_a_row_and_of_rows():
    np.testing.assert_allclose(af.softmax([0.3, 2.9, 4.0]), [0.01821127, 0.24519181, 0.73659691], rtol=1e-6)
    np.testing.assert_allclose(af.softmax([[1000, 1000], [0, 0]]), 0.5)


def test_the_gradient_is_the_library_s():
    assert gc.numerical_gradient is numerical_gradient


def test_cross_entropy_of_probabilities_is_that_of_their_logits(rng):
    a, labels = rng.standard_normal((5, 4)), rng.integers(0, 4, 5)
    loss, dy = cross_entropy_loss(a, labels)
    for t in (labels, labels.tolist(), np.eye(4)[labels], np.eye(4, dtype=int)[labels].tolist()):
        assert lf.cross_entropy_error(af.softmax(a), t) == pytest.approx(loss, rel=1e-14)
        assert lf.cross_entropy_error(af.softmax(a).tolist(), t) == pytest.approx(loss, rel=1e-14)
    slope = gc.numerical_gradient(lambda a: lf.cross_entropy_error(af.softmax(a), labels), a)
    np.testing.assert_allclose(slope, dy, atol=1e-9)
    t = rng.dirichlet(np.ones(4), 5)
    assert lf.cross_entropy_error(af.softmax(a), t) == pytest.approx(cross_entropy_loss(a, t)[0], rel=1e-14)


def test_cross_entropy_of_one_sample_by_hand():
    y = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]
    assert lf.cross_entropy_error(y, 2) == lf.cross_entropy_error([y], [2]) == pytest.approx(-math.log(0.6))
    assert lf.cross_entropy_error(y, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) == pytest.approx(-math.log(0.6))


@pytest.mark.parametrize(("dtype", "largest"), [(np.float64, 708.4), (np.float32, 87.3)])
def test_probability_0_is_finite_and_flat(dtype, largest):
    y = np.array([[0.0, 1.0]], dtype)
    assert lf.cross_entropy_error(y, [0]) == pytest.approx(largest, abs=0.05)
    assert lf.cross_entropy_error(y, [1]) == 0
    a = np.array([[-2000.0, 0.0]], dtype)
    np.testing.assert_array_equal(gc.numerical_gradient(lambda a: lf.cross_entropy_error(af.softmax(a), [0]), a), 0)
    assert np.isfinite(gc.numerical_gradient(lambda y: lf.cross_entropy_error(y, [1]), y)).all()
    assert math.isnan(lf.cross_entropy_error([[np.nan, 0.5]], [0]))


@pytest.mark.parametrize(
    ("y", "t", "error", "message"),
    [
        ([[2.0, -1.0]], [0], ValueError, "needs probabilities, from 0 to 1, got -1 to 2; softmax makes some of logits"),
        ([[0.5, 0.5]], [2], ValueError, "a label is outside 0 … 1"),
        ([[0.5, 0.5]], [[1]], ValueError, r"targets of shape \(1, 1\) do not fit probabilities of shape \(1, 2\)"),
        ([[0.5, 0.5]], [1.0], TypeError, "labels must be integers, got float64"),
        ([["a", "b"]], [1], TypeError, "cross_entropy_error: needs numbers, got list of <U1"),
        (0.5, 0, ValueError, "do not fit"),
        ([], [], ValueError, "the batch is empty"),
    ],
)
def test_what_the_loss_refuses(y, t, error, message):
    with pytest.raises(error, match=message):
        lf.cross_entropy_error(y, t)


def test_one_hot_labels():
    np.testing.assert_array_equal(change_one_hot_label(np.array([3, 0])), np.eye(10)[[3, 0]])
    np.testing.assert_array_equal(change_one_hot_label([[1], [2]], 3), [[0, 1, 0], [0, 0, 1]])
    assert change_one_hot_label([1]).dtype == np.float64
