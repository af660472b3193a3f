"""The same numbers as scikit-learn: from the same ``random_state``, the same loss curves and predictions."""

import inspect
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.sparse import csc_matrix, csr_matrix
from sklearn import neural_network
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning

import nural.estimator

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CLASSIFIERS = {
    "defaults": {},
    "logistic": {"activation": "logistic", "hidden_layer_sizes": 20},
    "tanh, two layers, L2": {"activation": "tanh", "hidden_layer_sizes": (30, 20), "alpha": 1.0},
    "identity": {"activation": "identity"},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "no shuffling": {"shuffle": False, "batch_size": 30},
    "Adam's betas": {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3, "learning_rate_init": 0.01},
    "SGD": {"solver": "sgd", "learning_rate_init": 0.1},
    "SGD without momentum": {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0},
    "classical momentum": {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False},
    "inverse scaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5, "power_t": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.01, "n_iter_no_change": 2, "max_iter": 60},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 2},
}
REGRESSORS = {
    "defaults": {},
    "SGD": {"solver": "sgd", "learning_rate_init": 0.01},
    "early stopping": {"early_stopping": True, "batch_size": 32},
    "Poisson": {"loss": "poisson"},
}


def both(name, x, y, weight=None, **arguments):
    """scikit-learn's estimator and nural's, trained alike."""
    arguments = {"max_iter": 30, "random_state": 3} | arguments
    return [getattr(m, name)(**arguments).fit(x, y, weight) for m in (neural_network, nural.estimator)]


def assert_equal(theirs, ours, x, tolerance=1e-6):
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=tolerance, atol=tolerance)
    for own, other in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=tolerance)
    if theirs.validation_scores_ is not None:
        np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=0, atol=tolerance)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.parametrize("arguments", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_classifier(digits, arguments):
    x, y = digits
    theirs, ours = both("MLPClassifier", x, y, **arguments)
    assert_equal(theirs, ours, x)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-6)


@pytest.mark.parametrize("kind", ["two classes", "several labels", "strings", "unscaled"])
def test_targets(digits, kind):
    x, y = digits
    if kind == "two classes":
        y = y > 4
    elif kind == "several labels":
        x, y, *_ = make_multilabel_classification(200, random_state=0)
    elif kind == "strings":
        y = np.array(list("abcdefghij"))[y]
    else:
        x = x * 160  # first outputs so large that probabilities are 0, which the loss is to bound
    theirs, ours = both("MLPClassifier", x, y)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.predict_log_proba(x), theirs.predict_log_proba(x), rtol=1e-6)


@pytest.mark.parametrize("arguments", REGRESSORS.values(), ids=REGRESSORS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_regressor(numbers, arguments, outputs):
    x, y = numbers
    y = np.round(np.abs(y)) if arguments.get("loss") == "poisson" else y
    theirs, ours = both("MLPRegressor", x, y[:, 0] if outputs == 1 else y, **arguments)
    assert_equal(theirs, ours, x)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_sample_weights(digits, rng, name, early_stopping):
    x, y = digits
    theirs, ours = both(name, x, y, rng.random(len(x)), early_stopping=early_stopping)
    assert_equal(theirs, ours, x)


@pytest.mark.parametrize("matrix", [csr_matrix, csc_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_input(digits, matrix, solver):
    x, y = digits
    theirs, ours = both("MLPClassifier", matrix(x), y, solver=solver, activation="tanh")
    np.testing.assert_allclose(ours.loss_, theirs.loss_, atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(matrix(x)), theirs.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(x), ours.predict_proba(matrix(x)), atol=1e-9)


def test_float32(digits):
    x, y = digits
    theirs, ours = both("MLPClassifier", x.astype(np.float32), y)
    assert {array.dtype for array in ours.coefs_ + ours.intercepts_} == {np.dtype(np.float32)}
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_lbfgs(digits, rng, name):
    x, y = digits
    theirs, ours = both(name, x, y, rng.random(len(x)), solver="lbfgs", activation="tanh", alpha=0.1)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.loss_, theirs.loss_, atol=1e-6)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=1e-3)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_and_warm_start(digits, solver):
    x, y = digits
    curves = []
    for module in (neural_network, nural.estimator):
        estimator = module.MLPClassifier(solver=solver, random_state=1, max_iter=5, warm_start=True)
        estimator.fit(x, y).fit(x, y)
        for _ in range(3):
            estimator.partial_fit(x, y)
        curves.append(estimator.loss_curve_)
    assert len(curves[0]) == 13
    np.testing.assert_allclose(curves[1], curves[0], rtol=0, atol=1e-6)


def test_weights_that_were_exchanged_are_used(digits):
    x, y = digits
    ours = nural.estimator.MLPClassifier(max_iter=1).fit(x, y)
    trained: Any = neural_network.MLPClassifier(random_state=9, max_iter=20).fit(x, y)
    ours.coefs_, ours.intercepts_ = list(trained.coefs_), list(trained.intercepts_)
    np.testing.assert_allclose(ours.predict_proba(x), trained.predict_proba(x), atol=1e-9)
    ours.coefs_[0] = np.zeros((3, 3))
    with pytest.raises(ValueError, match=r"W has shape \(64, 100\); cannot fill it with shape \(3, 3\)"):
        ours.predict(x)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_arguments_and_attributes(digits, name):
    theirs, ours = both(name, *digits, max_iter=1)
    arguments = [list(inspect.signature(type(e)).parameters.values()) for e in (theirs, ours)]
    described = [[(a.name, a.default, a.kind) for a in some] for some in arguments]
    assert described[1][: len(described[0])] == described[0]
    assert {name for name in dir(theirs) if not name.startswith("_")} <= set(dir(ours))


def test_it_says_that_it_did_not_converge(digits):
    for solver in ("adam", "lbfgs"):
        with pytest.warns(ConvergenceWarning):
            nural.estimator.MLPClassifier(solver=solver, max_iter=2).fit(*digits)
