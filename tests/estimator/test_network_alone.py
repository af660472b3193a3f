"""The network in a saved estimator's file answers as the estimator does, without scikit-learn."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_wine
from sklearn.metrics import log_loss, mean_squared_error

import nural
from nural.estimator import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS = {"hidden_layer_sizes": (8,), "solver": "lbfgs", "max_iter": 20, "random_state": 0}


@pytest.fixture(scope="module")
def wine():
    x, y = load_wine(return_X_y=True)
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def saved(estimator, path):
    estimator.save(path / "model.safetensors")
    return nural.load(path / "model.safetensors")


@pytest.mark.parametrize(
    "names",
    [(0, 1), (0, 1, 2), (1, 2, 3), (-1, 0, 1), (10, 20, 30), (3, 7), (1.0, 2.0), (False, True), ("no", "yes"), "bag"],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_classes(names, dtype, wine, tmp_path):
    x, places = wine
    y = np.array(list(names))[places % len(names)]
    estimator = MLPClassifier(dtype=dtype, **SETTINGS).fit(x, y)
    network = saved(estimator, tmp_path)
    answers = nural.predict(network, x)
    np.testing.assert_array_equal(answers, estimator.predict(x))
    assert answers.dtype.kind == estimator.classes_.dtype.kind
    p = estimator.predict_proba(x)
    np.testing.assert_allclose(nural.predict_proba(network, x), p, rtol=1e-6, atol=1e-12)
    expected = {"loss": log_loss(y, p), "accuracy": estimator.score(x, y)}
    assert nural.evaluate(network, x, y) == pytest.approx(expected, abs=1e-6)


def test_several_labels(wine, tmp_path):
    x, places = wine
    y = np.stack([places == 0, places > 0, x[:, 0] > 0], axis=1).astype(int)
    estimator = MLPClassifier(**SETTINGS).fit(x, y)
    network = saved(estimator, tmp_path)
    np.testing.assert_array_equal(nural.predict(network, x), estimator.predict(x))
    np.testing.assert_allclose(nural.predict_proba(network, x), estimator.predict_proba(x), rtol=1e-12)
    assert nural.evaluate(network, x, y)["accuracy"] == estimator.score(x, y)


@pytest.mark.parametrize("outputs", [1, 3])
def test_values(outputs, wine, tmp_path):
    x, _ = wine
    y = x[:, :outputs] ** 2 if outputs > 1 else x[:, 0] ** 2
    estimator = MLPRegressor(**SETTINGS).fit(x[:, 3:], y)
    network = saved(estimator, tmp_path)
    np.testing.assert_array_equal(nural.predict(network, x[:, 3:]), estimator.predict(x[:, 3:]))
    expected = {"loss": mean_squared_error(y, estimator.predict(x[:, 3:]))}
    assert nural.evaluate(network, x[:, 3:], y) == pytest.approx(expected)
