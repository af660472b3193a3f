"""Pipelines, searches and the back ends of joblib that spread them, for real."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from scipy.sparse import csr_matrix
from scipy.stats import loguniform
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nural.estimator import ConvolutionalClassifier, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GRID = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__dropout": [0.0, 0.2]}


def search(**arguments):
    classifier = MLPClassifier((16,), random_state=0, max_iter=8, learning_rate_init=0.01)
    return GridSearchCV(make_pipeline(StandardScaler(), classifier), GRID, cv=3, **arguments)


@pytest.fixture
def expected(digits):
    """What a search in this process finds."""
    return search().fit(*digits).cv_results_["mean_test_score"]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_the_same_search_on_other_back_ends(digits, expected, backend):
    with joblib.parallel_config(backend, n_jobs=2):
        found = search().fit(*digits)
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected)
    assert found.predict(digits[0]).shape == (500,)


@pytest.mark.sklearn
@pytest.mark.filterwarnings("ignore")  # Dask's own, of sockets that it closes late
def test_the_same_search_on_a_dask_cluster(digits, expected):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        found = search().fit(*digits)
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected)


def test_random_search_of_a_pipeline_of_images(digits):
    pipeline = make_pipeline(MinMaxScaler(), ConvolutionalClassifier((4,), (16,), max_iter=20, random_state=0))
    ranges = {"convolutionalclassifier__learning_rate_init": loguniform(1e-3, 1e-1)}
    found = RandomizedSearchCV(pipeline, ranges, n_iter=3, cv=2, random_state=0).fit(*digits)
    assert found.best_score_ > 0.5


def test_cross_validation_of_a_regressor(numbers):
    scores = cross_val_score(MLPRegressor(random_state=0, max_iter=200, solver="lbfgs"), *numbers, cv=3)
    assert scores.min() > 0.9


def test_estimators_made_of_it(digits):
    x, y = digits
    one = MLPClassifier((32,), random_state=0, max_iter=60, learning_rate_init=0.01)
    ensembles = [
        BaggingClassifier(one, n_estimators=2, random_state=0),
        VotingClassifier([("a", one), ("b", one)], voting="soft"),
        CalibratedClassifierCV(one, cv=2),
    ]
    for ensemble in ensembles:
        assert ensemble.fit(x, y).score(x, y) > 0.9


@pytest.mark.parametrize("form", [np.asarray, csr_matrix, "images"])
def test_one_estimator_predicts_in_several_threads(digits, form):
    x, y = digits
    kind = ConvolutionalClassifier if form == "images" else MLPClassifier
    estimator = kind(hidden_layer_sizes=(64, 64), random_state=0, max_iter=1).fit(x, y)
    parts = [x[i : i + 1 + i % 90] for i in range(80)]  # each other samples: few, and more than are computed at once
    inputs = [part.reshape(-1, 8, 8) if form == "images" else form(part) for part in parts]
    expected = [(estimator.predict_proba(part), estimator.predict(part)) for part in inputs]
    threads = joblib.Parallel(n_jobs=8, backend="threading")
    found: list[Any] = list(
        threads(
            joblib.delayed(lambda part: (estimator.predict_proba(part), estimator.predict(part)))(part)
            for part in inputs * 3
        )
    )
    for (p, classes), (expected_p, expected_classes) in zip(found, expected * 3, strict=True):
        np.testing.assert_array_equal(p, expected_p)
        np.testing.assert_array_equal(classes, expected_classes)
