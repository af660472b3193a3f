"""The gradient of what is minimised, against central differences."""

from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.sparse import csr_matrix

from nural.containers import Sequential
from nural.estimator.losses import weighted_loss
from nural.estimator.network import ACTIVATIONS, draw_weights, hidden_layers, linear
from nural.estimator.objective import Objective, network_outputs
from nural.gradients import numerical_gradient
from nural.losses import cross_entropy_loss

LOSSES = [("log_loss", "softmax"), ("log_loss", "logistic"), ("squared_error", "identity"), ("poisson", "exp")]
OUTPUTS = 3


def network_of(activation="tanh"):
    hidden = hidden_layers([5, 4], [activation], [0.0], batch_norm=False, dtype=np.float64)
    network = Sequential(*hidden, linear(4, OUTPUTS, np.float64))
    draw_weights(network, np.random.RandomState(0), [activation] * 2)
    return network


def targets(rng, output_activation, n=6):
    if output_activation == "softmax":
        return np.eye(OUTPUTS, dtype=bool)[rng.integers(0, OUTPUTS, n)]
    if output_activation == "logistic":
        return rng.random((n, OUTPUTS)) > 0.5
    return rng.poisson(2, (n, OUTPUTS)).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("loss", "output_activation"), LOSSES)
def test_gradient(rng, loss, output_activation, weighted):
    network = network_of()
    # scikit-learn's gradient of the squared error is that of the sum over outputs, its loss their mean
    factor = OUTPUTS if loss == "squared_error" else 1
    objective = Objective(network, weighted_loss(loss, output_activation), alpha=0.0)
    x, t = rng.standard_normal((6, 5)), targets(rng, output_activation)
    w = rng.random(6) if weighted else None
    for name, W in network.params.items():
        expected = factor * numerical_gradient(lambda _: objective.gradients(x, t, w), W)
        objective.gradients(x, t, w)
        np.testing.assert_allclose(network.grads[name], expected, atol=1e-7)


@pytest.mark.parametrize(("loss", "output_activation"), LOSSES)
def test_a_batch_in_which_nothing_counts(rng, loss, output_activation):
    network = network_of()
    objective = Objective(network, weighted_loss(loss, output_activation), alpha=1.0)
    x, t = rng.standard_normal((6, 5)), targets(rng, output_activation)
    objective.gradients(x, t)
    for samples in (x, csr_matrix(x)):
        assert objective.gradients(samples, t, np.zeros(6)) == 0
        assert not any(gradient.any() for gradient in network.grads.values())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_with_each_activation_and_the_l2_term(rng, activation):
    network = network_of(activation)
    objective = Objective(network, weighted_loss("log_loss", "softmax"), alpha=3.0)
    x, t = rng.standard_normal((6, 5)), targets(rng, "softmax")
    for name, W in network.params.items():
        expected = numerical_gradient(lambda _: objective.gradients(x, t), W)
        objective.gradients(x, t)
        np.testing.assert_allclose(network.grads[name], expected, atol=1e-7)


def test_sparse_input_gives_the_same_gradients(rng):
    network = network_of()
    objective = Objective(network, weighted_loss("log_loss", "softmax"), alpha=0.1)
    x, t = rng.standard_normal((6, 5)) * (rng.random((6, 5)) > 0.5), targets(rng, "softmax")
    value = objective.gradients(x, t)
    dense = {name: grad.copy() for name, grad in network.grads.items()}
    assert objective.gradients(csr_matrix(x), t) == pytest.approx(value)
    for name, grad in network.grads.items():
        np.testing.assert_allclose(grad, dense[name], atol=1e-12)


def test_outputs_of_many_sparse_rows(rng):
    network = network_of()
    x = rng.standard_normal((3000, 5)) * (rng.random((3000, 5)) > 0.5)
    np.testing.assert_allclose(network_outputs(network, csr_matrix(x)), network_outputs(network, x), atol=1e-12)


def test_a_loss_of_ones_own_takes_no_weights(rng):
    own: Any = weighted_loss(partial(cross_entropy_loss, label_smoothing=0.1), "softmax")
    y, t = rng.standard_normal((6, OUTPUTS)), targets(rng, "softmax")
    assert own(y, t)[0] == cross_entropy_loss(y, t.astype(float), label_smoothing=0.1)[0]
    with pytest.raises(ValueError, match="weights of samples or classes need a loss that is given by name"):
        own(y, t, np.ones(6))
