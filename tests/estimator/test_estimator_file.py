"""Estimators in pickles and in safetensors files."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import nural
from nural.estimator import ConvolutionalClassifier, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def fitted(digits):
    x, y = digits
    labels = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[y]
    return MLPClassifier((20, 10), random_state=0, max_iter=5, dropout=0.1, batch_norm=True).fit(x, labels)


def through_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib", mmap_mode="r")


COPIES = {
    "pickle": lambda estimator, folder: pickle.loads(pickle.dumps(estimator)),
    "copy": lambda estimator, folder: copy.deepcopy(estimator),
    "joblib": through_joblib,
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies(fitted, digits, copied, tmp_path):
    twin = copied(fitted, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(digits[0]), fitted.predict_proba(digits[0]))
    assert twin.coefs_[0] is twin.network_[0].params["W"]
    assert not np.shares_memory(twin.coefs_[0], fitted.coefs_[0])


def test_a_pickle_goes_on_as_the_original(fitted, digits):
    x = digits[0]
    y = fitted.predict(x)
    twin = pickle.loads(pickle.dumps(fitted))
    for estimator in (fitted, twin):
        estimator.partial_fit(x, y)
    np.testing.assert_array_equal(twin.coefs_[0], fitted.coefs_[0])


def test_a_pickle_has_no_scratch_arrays(digits):
    estimator = MLPClassifier((20,), max_iter=2).fit(*digits)
    before = len(pickle.dumps(estimator))
    estimator.predict(np.tile(digits[0], (20, 1)))
    assert len(pickle.dumps(estimator)) == before


def test_clone_has_no_weights(fitted):
    twin: Any = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    assert not hasattr(twin, "coefs_")


def test_save_and_load(fitted, digits, tmp_path):
    path = tmp_path / "estimator.safetensors"
    fitted.save(path)
    twin = MLPClassifier.load(path)
    x = digits[0]
    np.testing.assert_array_equal(twin.predict(x), fitted.predict(x))
    np.testing.assert_array_equal(twin.predict_proba(x), fitted.predict_proba(x))
    assert twin.loss_curve_ == fitted.loss_curve_
    assert list(twin.classes_) == list(fitted.classes_)
    assert twin.get_params()["dropout"] == 0.1
    twin.partial_fit(x, twin.predict(x))
    labels = nural.predict(nural.load(path), x.astype(np.float64))
    np.testing.assert_array_equal(labels, fitted.predict(x))


def test_save_and_load_a_regressor(numbers, tmp_path):
    x, y = numbers
    fitted = MLPRegressor(early_stopping=True, random_state=np.random.RandomState(0), max_iter=5).fit(x, y)
    fitted.save(tmp_path / "estimator.safetensors")
    twin = MLPRegressor.load(tmp_path / "estimator.safetensors")
    np.testing.assert_array_equal(twin.predict(x), fitted.predict(x))
    assert twin.random_state is None  # a generator is left out
    assert twin.validation_scores_ == fitted.validation_scores_


def test_save_and_load_images(digits, tmp_path):
    fitted = ConvolutionalClassifier((4,), (8,), random_state=0, max_iter=2).fit(*digits)
    fitted.save(tmp_path / "estimator.safetensors")
    twin = ConvolutionalClassifier.load(tmp_path / "estimator.safetensors")
    np.testing.assert_array_equal(twin.predict_proba(digits[0]), fitted.predict_proba(digits[0]))


def test_errors(fitted, tmp_path):
    path = tmp_path / "estimator.safetensors"
    with pytest.raises(NotFittedError):
        MLPClassifier().save(path)
    fitted.save(path)
    with pytest.raises(nural.ModelFileError, match="expected the estimator MLPRegressor, found MLPClassifier"):
        MLPRegressor.load(path)
    nural.save(fitted.network_, path)
    with pytest.raises(nural.ModelFileError, match="found a model that is no estimator"):
        MLPClassifier.load(path)
    damaged = nural.load(path)
    damaged.info = {"estimator": "MLPClassifier", "parameters": {"no_such": 1}, "numbers": {}, "labels": {}}
    nural.save(damaged, path)
    with pytest.raises(nural.ModelFileError, match="its description of the estimator is damaged"):
        MLPClassifier.load(path)
