"""The network in a saved estimator's file answers as the estimator does, without scikit-learn."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_wine
from sklearn.metrics import log_loss, mean_squared_error

import nural
from nural.estimator import ConvolutionalClassifier, MLPClassifier, MLPRegressor

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


@pytest.mark.parametrize("names", [(3, 4, 5), ("no", "yes"), ("red", "green", "blue")], ids=str)
def test_images_and_types_of_names(names, wine, tmp_path):
    x, places = wine
    images = x[:, :12].reshape(-1, 3, 4, 1)
    y = np.array(names, "u1" if isinstance(names[0], int) else object)[places % len(names)]
    estimator = ConvolutionalClassifier((4,), (8,), max_iter=5, random_state=0).fit(images, y)
    network = saved(estimator, tmp_path)
    for model in (network, estimator.network_, ConvolutionalClassifier.load(tmp_path / "model.safetensors").network_):
        np.testing.assert_array_equal(nural.predict(model, images), estimator.predict(images))
        np.testing.assert_array_equal(nural.predict_proba(model, images), estimator.predict_proba(images))
        assert model.task == network.task


@pytest.mark.parametrize("name", [0, 7, "red"])
def test_one_class_is_certain(name, wine, tmp_path):
    x, _ = wine
    estimator = MLPClassifier(**SETTINGS).fit(x, np.full(len(x), name))
    network = saved(estimator, tmp_path)
    np.testing.assert_array_equal(nural.predict(network, x), estimator.predict(x))
    np.testing.assert_array_equal(nural.predict_proba(network, x), np.ones((len(x), 1)))


def test_a_probability_of_one_half_is_the_first_class(wine, tmp_path):
    x, places = wine
    estimator = MLPClassifier((), solver="lbfgs", max_iter=1).fit(x, np.array(["no", "yes"])[places % 2])
    estimator.coefs_[0][...], estimator.intercepts_[0][...] = 0, 0
    assert set(estimator.predict(x)) == set(nural.predict(saved(estimator, tmp_path), x)) == {"no"}


def test_a_network_of_logarithms_is_not_taken_for_one_of_values(wine, tmp_path):
    x, places = wine
    estimator = MLPRegressor(loss="poisson", **SETTINGS).fit(x, places)
    estimator.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(MLPRegressor.load(tmp_path / "model.safetensors").predict(x), estimator.predict(x))
    with pytest.raises(nural.ModelFileError, match="expected a model of format 1, found a Poisson regressor"):
        nural.load(tmp_path / "model.safetensors")


def test_partial_fit_and_exchanged_weights_know_the_classes_too(wine):
    x, places = wine
    names = np.array(["red", "green", "blue"])
    estimator = MLPClassifier(max_iter=5).partial_fit(x, names[places], classes=names)
    np.testing.assert_array_equal(nural.predict(estimator.network_, x), estimator.predict(x))
    estimator.coefs_ = [W * 2 for W in estimator.coefs_]
    np.testing.assert_array_equal(estimator.predict(x), nural.predict(estimator.network_, x))
