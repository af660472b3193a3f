"""A saved estimator's network, loaded without scikit-learn, answers as the estimator does."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import nural
from nural.estimator import ConvolutionalClassifier, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X, PLACES = RNG.random((60, 16)), np.arange(60) % 3
NAMES = np.array(["barolo", "barbera", "grignolino"])
TARGETS = {
    "two": PLACES % 2,
    "three": PLACES,
    "from 1": PLACES + 1,
    "from -1": PLACES - 1,
    "tens": 10 * PLACES + 10,
    "two tens": 10 * (PLACES % 2),
    "uint8": (PLACES + 3).astype("u1"),
    "floats": PLACES.astype(float),
    "bool": PLACES == 1,
    "two strings": NAMES[PLACES % 2],
    "three strings": NAMES[PLACES],
    "objects": NAMES.astype(object)[PLACES],
    "one class": np.full(60, 7),
    "one string": np.full(60, "barolo"),
    "labels": np.stack([PLACES == 0, PLACES < 2, PLACES == 2], 1).astype(int),
}
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0, "learning_rate_init": 0.05}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("kind", [MLPClassifier, ConvolutionalClassifier])
def test_classifier(kind, name, tmp_path):
    fitted = kind(**SETTINGS).fit(X, TARGETS[name])
    fitted.save(tmp_path / "model.safetensors")
    network, twin = nural.load(tmp_path / "model.safetensors"), kind.load(tmp_path / "model.safetensors")
    x = X if kind is MLPClassifier else X.reshape(-1, 4, 4, 1)
    expected = fitted.predict(X)
    for found in (nural.predict(network, x), nural.predict(fitted.network_, x), twin.predict(X)):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype.kind == expected.dtype.kind or name in ("uint8", "objects")
    p = nural.predict_proba(network, x)
    if name.startswith("one "):
        assert np.array_equal(p, np.ones((60, 1)))  # scikit-learn's have a second column, of no class
    else:
        np.testing.assert_array_equal(p, fitted.predict_proba(X))
    assert twin.network_.task == network.task == fitted.network_.task


def test_a_probability_of_one_half_is_the_first_class(tmp_path):
    fitted = MLPClassifier((), max_iter=1).fit(X, NAMES[PLACES % 2])
    fitted.coefs_[0][...], fitted.intercepts_[0][...] = 0, 0
    fitted.save(tmp_path / "model.safetensors")
    assert set(fitted.predict(X)) == set(nural.predict(nural.load(tmp_path / "model.safetensors"), X)) == {"barbera"}


@pytest.mark.parametrize("columns", [(), (1,), (3,)])
def test_regressor(columns, tmp_path):
    fitted = MLPRegressor(**SETTINGS).fit(X, RNG.random((60, *columns)).squeeze())
    fitted.save(tmp_path / "model.safetensors")
    network = nural.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(nural.predict(network, X), fitted.predict(X))
    with pytest.raises(ValueError, match="there are no probabilities"):
        nural.predict_proba(network, X)


def test_a_network_of_logarithms_is_not_taken_for_one_of_values(tmp_path):
    fitted = MLPRegressor(loss="poisson", **SETTINGS).fit(X, RNG.poisson(3, 60))
    fitted.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(MLPRegressor.load(tmp_path / "model.safetensors").predict(X), fitted.predict(X))
    with pytest.raises(nural.ModelFileError, match="expected a model of format 1, found a Poisson regressor"):
        nural.load(tmp_path / "model.safetensors")


def test_partial_fit_and_exchanged_weights_know_the_classes_too():
    fitted = MLPClassifier(**SETTINGS)
    fitted.partial_fit(X, NAMES[PLACES], classes=NAMES)
    np.testing.assert_array_equal(nural.predict(fitted.network_, X), fitted.predict(X))
    fitted.coefs_ = [W * 2 for W in fitted.coefs_]
    np.testing.assert_array_equal(fitted.predict(X), nural.predict(fitted.network_, X))
