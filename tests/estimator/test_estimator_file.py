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


@pytest.mark.parametrize("kind", [MLPClassifier, ConvolutionalClassifier])
def test_a_copy_has_no_scratch_arrays(digits, kind):
    estimator = kind(hidden_layer_sizes=(20,), max_iter=2).fit(*digits)
    before = len(pickle.dumps(estimator))
    estimator.predict(np.tile(digits[0], (20, 1)))
    assert len(pickle.dumps(estimator)) == before
    assert abs(len(pickle.dumps(copy.deepcopy(estimator))) - before) < 100


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_training_goes_on_after_a_file_was_mapped_read_only(digits, solver, tmp_path):
    x, y = digits
    fitted = MLPClassifier((20,), solver=solver, random_state=0, max_iter=2, batch_norm=True).fit(x, y)
    twin = through_joblib(fitted, tmp_path)
    assert not twin.coefs_[0].flags.writeable
    for estimator in (fitted, twin):
        estimator.partial_fit(x, y)
    np.testing.assert_array_equal(twin.coefs_[0], fitted.coefs_[0])
    twin = through_joblib(fitted, tmp_path).set_params(warm_start=True)
    assert twin.fit(x, y).coefs_[0].flags.writeable


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
    assert (twin.predict(x).dtype, twin.get_params()) == (fitted.predict(x).dtype, fitted.get_params())


def test_save_and_load_a_regressor(numbers, tmp_path):
    x, y = numbers
    fitted = MLPRegressor(early_stopping=True, random_state=np.random.RandomState(0), max_iter=5).fit(x, y)
    fitted.save(tmp_path / "estimator.safetensors")
    twin = MLPRegressor.load(tmp_path / "estimator.safetensors")
    np.testing.assert_array_equal(twin.predict(x), fitted.predict(x))
    assert twin.random_state is None  # a generator is left out
    assert twin.validation_scores_ == fitted.validation_scores_


@pytest.mark.parametrize("shape", [(8, 8), (4, 16), (4, 8, 2), (1, 64), (64, 1)])
def test_save_and_load_images(digits, shape, tmp_path):
    rows, y = digits
    images = rows.reshape(-1, *shape)
    settings = {"pool_size": [2, 1], "activation": ["elu", "tanh"], "random_state": 0, "max_iter": 2}
    fitted = ConvolutionalClassifier([4], np.array([8]), **settings).fit(images, y)
    fitted.save(tmp_path / "estimator.safetensors")
    twin = ConvolutionalClassifier.load(tmp_path / "estimator.safetensors")
    assert twin.image_shape_ == fitted.image_shape_ == (*shape, 1)[:3]
    for x in (images, rows, images.reshape(-1, *fitted.image_shape_)):
        np.testing.assert_array_equal(twin.predict_proba(x), fitted.predict_proba(images))
    twin.partial_fit(images, y).set_params(max_iter=1).fit(images, y)
    assert twin.get_params()["hidden_layer_sizes"] == (8,)


def test_what_is_not_finite_comes_back(numbers, tmp_path):
    fitted = MLPRegressor(n_iter_no_change=np.inf, max_iter=2).fit(*numbers)
    fitted.loss_curve_ = [np.inf, 1.0]
    fitted.save(tmp_path / "estimator.safetensors")
    twin = MLPRegressor.load(tmp_path / "estimator.safetensors")
    assert (twin.loss_curve_, twin.get_params()) == ([np.inf, 1.0], fitted.get_params())


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


def changed(path, group, name, value):
    """The file with another value in its description of the estimator."""
    model = nural.load(path)
    model.info[group][name] = value
    nural.save(model, path)


@pytest.mark.parametrize(
    ("group", "name", "value", "message"),
    [
        ("labels", "classes_", ["<U400000000", list("abcdefghij")], "no labels 'classes_' of type '<U400000000'"),
        ("labels", "classes_", ["str", ["a" * 10_000, *map(str, range(5000))]], "more than 10000000 characters"),
        ("labels", "classes_", ["str", list("abc")], "there are 3 classes and 10 outputs"),
        ("labels", "classes_", ["str", list("aabcdefghi")], "not in order, or repeat"),
        ("labels", "classes_", ["int8", list(range(1000))], "out of bounds for int8"),
        ("labels", "classes_", ["int64", [0.5, *range(1, 10)]], "not of type int64"),
        ("labels", "classes_", ["str", [["a"]] * 10], "must be a list of labels"),
        ("labels", "feature_names_in_", ["object", ["a", "b"]], "there are 2 names of 64 features"),
        ("labels", "coefs_", ["str", ["a"]], "no labels 'coefs_'"),
        ("numbers", "n_features_in_", 63, "layers are not those of the parameters"),
        ("numbers", "n_outputs_", 9, r"sizes \[20, 10, 9\], the network has \[20, 10, 10\]"),
        ("numbers", "n_layers_", 3, "n_layers_ is 3, the network has 4"),
        ("numbers", "out_activation_", "identity", "out_activation_ is identity, not softmax"),
        ("numbers", "loss_curve_", ["a"], "loss_curve_ cannot be"),
        ("numbers", "t_", -1, "t_ cannot be -1"),
        ("numbers", "network_", 1, "no fitted attribute 'network_'"),
        ("target", "y_type_", "binary", "out_activation_ is softmax, not logistic"),
        ("target", "y_type_", "continuous", "no kind of targets 'continuous'"),
        ("parameters", "hidden_layer_sizes", [5, 5], r"sizes \[5, 5, 10\], the network has \[20, 10, 10\]"),
        ("parameters", "hidden_layer_sizes", [10**15, 10], r"sizes \[1000000000000000, 10, 10\]"),
        ("parameters", "activation", "elu", "the network's layers are not those of the parameters"),
        ("parameters", "alpha", "a", "The 'alpha' parameter of MLPClassifier must be"),
    ],
)
def test_attributes_that_are_not_the_networks(fitted, tmp_path, group, name, value, message):
    path = tmp_path / "estimator.safetensors"
    fitted.save(path)
    changed(path, group, name, value)
    with pytest.raises(nural.ModelFileError, match="its description of the estimator is damaged.*" + message):
        MLPClassifier.load(path)


def test_parameters_that_are_no_longer_the_networks(fitted, tmp_path):
    fitted.set_params(hidden_layer_sizes=(3,))
    with pytest.raises(nural.ModelFileError, match=r"has \[20, 10, 10\]; fit again after changing parameters"):
        fitted.save(tmp_path / "estimator.safetensors")
