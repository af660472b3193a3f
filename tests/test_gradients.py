from typing import Any

import numpy as np
import pytest

from nural import (
    BatchNorm1d,
    Dropout,
    GradientError,
    Layer,
    Linear,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    check_gradients,
    mean_squared_loss,
    numerical_gradient,
)
from nural.layers import linear


@pytest.mark.parametrize("shape", [(), (1,), (3, 2), (2, 1, 4)])
def test_of_a_sum_of_squares(shape, rng):
    W = np.asarray(rng.standard_normal(shape))
    before = W.copy()
    np.testing.assert_allclose(numerical_gradient(lambda w: (w**2).sum(), W), 2 * W, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(W, before)


def test_float32_is_kept_and_steps_wider(rng):
    W = rng.standard_normal((3, 2)).astype(np.float32)
    gradient = numerical_gradient(lambda w: (w**3).sum(), W)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, 3 * W**2, rtol=1e-2, atol=1e-2)


def test_views_that_are_not_contiguous(rng):
    whole = rng.standard_normal((6, 4))
    np.testing.assert_allclose(numerical_gradient(lambda w: (w**2).sum(), whole[::2].T), 2 * whole[::2].T, rtol=1e-7)


def test_the_entry_is_put_back_when_f_raises():
    W = np.array([1.0, 2.0])

    def f(w):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        numerical_gradient(f, W)
    np.testing.assert_array_equal(W, [1.0, 2.0])


@pytest.mark.parametrize(("W", "found"), [(np.arange(3), "int64"), ([1.0, 2.0], "list")])
def test_what_is_no_array_of_floats_is_refused(W, found):
    with pytest.raises(TypeError, match=f"W must be an array of floats, got {found}"):
        numerical_gradient(lambda w: 0.0, W)


def test_check_gradients_passes_a_right_model_and_leaves_it_alone(small_model, rng):
    model = small_model()
    before = {name: value.copy() for name, value in model.params.items()}
    errors = check_gradients(model, rng.standard_normal((4, 6)), rng.integers(0, 3, 4))
    assert list(errors) == ["0.W", "0.b", "2.W", "2.b", "x"]
    assert max(errors.values()) < 1e-6
    np.testing.assert_equal(dict(model.params), before)
    assert model.params["0.W"].dtype == np.float32


def test_check_gradients_takes_another_loss(rng):
    model = Sequential(Linear(3, 4), Tanh(), Linear(4, 2))
    errors = check_gradients(model, rng.standard_normal((4, 3)), rng.standard_normal((4, 2)), loss=mean_squared_loss)
    assert max(errors.values()) < 1e-6


@pytest.mark.parametrize(("wrong", "name"), [(0, r"[02]\.W"), (1, r"[02]\.b"), (2, r"0\.W|0\.b")])
def test_check_gradients_names_array_index_and_both_values(wrong, name, small_model, rng, monkeypatch):
    right = linear.fc_backward

    def mistaken(dy, W, x, out=None):
        gradients = right(dy, W, x, out)
        gradients[wrong][...] *= 1.01
        return gradients

    monkeypatch.setattr(linear, "fc_backward", mistaken)
    match = rf"({name})\[\d+(, \d+)?\]: backward gives -?[\d.e-]+, central differences give -?[\d.e-]+ \(relative"
    with pytest.raises(GradientError, match=match):
        check_gradients(small_model(), rng.standard_normal((4, 6)), rng.integers(0, 3, 4))


class MyTanh(Tanh):
    """tanh whose gradient is multiplied by something."""

    factor: Any = 2.0

    def backward(self, dy, need_dx=True):
        y = self.saved.copy()
        times = {"y": y, "1 − y": 1 - y}.get(self.factor, self.factor)
        return super().backward(dy, need_dx) * times


@pytest.mark.parametrize(
    ("factor", "said"), [(0.5, "0.5 = 1/2"), (-1.0, "-1"), ("y", "its output y"), ("1 − y", "1 − y")]
)
def test_all_arrays_are_judged_and_the_culprit_is_named(factor, said, rng, monkeypatch):
    monkeypatch.setattr(MyTanh, "factor", factor)
    model = Sequential(Linear(6, 5), ReLU(), Linear(5, 5), MyTanh(), Linear(5, 4), Tanh(), Linear(4, 3))
    with pytest.raises(GradientError) as error:
        check_gradients(model, rng.standard_normal((4, 6)), rng.integers(0, 3, 4))
    assert str(error.value).startswith(
        "4.W, 4.b, 6.W, 6.b right; 0.W, 0.b, 2.W, 2.b, x wrong: "
        f"look at layer 3, MyTanh(): its dx is the right one times {said}. 0.W["
    )


def test_layers_that_are_right_but_put_together_wrongly_are_told_so(rng):
    class Net(Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = Linear(3, 4), Linear(4, 2)

        def forward(self, x, train=False):
            return self.b.forward(self.a.forward(x, train), train)

        def backward(self, dy, need_dx=True):
            return self.a.backward(2 * self.b.backward(dy), need_dx)

    with pytest.raises(GradientError, match=r"b\.W, b\.b right; a\.W, a\.b, x wrong: a\.W is the right one times 2"):
        check_gradients(Net(), rng.standard_normal((4, 3)), rng.integers(0, 2, 4))


class Adding(Linear):
    """Adds to its gradients, as PyTorch's users know it."""

    def backward(self, dy, need_dx=True):
        self.grads["W"] += self.saved.T @ dy
        self.grads["b"] += dy.sum(axis=0)
        return dy @ self.params["W"].T


class Forgetful(Linear):
    """Fills one gradient at its first call alone."""

    def backward(self, dy, need_dx=True):
        before = self.grads["b"].copy()
        dx = super().backward(dy, need_dx)
        if before.any():
            self.grads["b"] = before
        return dx


@pytest.mark.parametrize(("kind", "name"), [(Adding, "W"), (Forgetful, "b")])
def test_gradients_that_depend_on_those_before_are_found(kind, name, rng):
    model = Sequential(Linear(6, 5), Tanh(), Residual(kind(5, 5)), Linear(5, 3))
    match = rf"2\.branch\.{name}, of {kind.__name__}\(.*\): at index \(.*\) a second backward gives .*, where the first"
    with pytest.raises(GradientError, match=match):
        check_gradients(model, rng.standard_normal((4, 6)), rng.integers(0, 3, 4))


def test_what_a_training_moves_besides_weights_does_not_matter(rng):
    model = Sequential(Linear(6, 5), BatchNorm1d(5), Dropout(0.3), Linear(5, 3))
    assert max(check_gradients(model, rng.standard_normal((9, 6)), rng.integers(0, 3, 9), train=True).values()) < 1e-6


def test_a_parameter_that_nothing_uses_has_no_gradient(rng):
    class Spare(Linear):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.other = Linear(2, 2)

    errors = check_gradients(Sequential(Spare(6, 3)), rng.standard_normal((4, 6)), rng.integers(0, 3, 4))
    assert errors["0.other.W"] == 0


def test_kinks_near_the_point_are_no_mistakes():
    model = Sequential(Linear(1, 1), ReLU()).astype(np.float64)
    model.params["0.W"] = [[1.0]]
    x = np.array([[2e-6]])  # the kink lies within the first step, not within the second
    assert max(check_gradients(model, x, np.array([[1.0]]), loss=mean_squared_loss).values()) < 1e-6
