"""Pipelines, searches and the back ends of joblib that spread them, for real."""

import pickle

import numpy as np
import pytest
from meeting import THREADS, Meeting, require_equal, together

pytest.importorskip("sklearn")

import joblib
from scipy.sparse import csr_matrix
from scipy.stats import loguniform
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nural.containers import Sequential
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


@pytest.mark.parametrize(
    ("estimator", "container"),
    [
        (MLPClassifier((64, 64), batch_norm=True), np.asarray),
        (MLPClassifier((64,)), csr_matrix),
        (ConvolutionalClassifier((4,), (8,), image_shape=(8, 8)), np.asarray),
        (MLPRegressor(hidden_layer_sizes=(64,)), np.asarray),
    ],
)
def test_one_estimator_answers_several_threads(estimator, container, digits):
    x, y = digits
    estimator.set_params(max_iter=2, random_state=0).fit(x, y)
    parts = [container(part) for part in np.array_split(x, THREADS)]
    methods = [method for method in ("predict", "predict_proba", "decision_function") if hasattr(estimator, method)]
    expected = {method: [getattr(estimator, method)(part) for part in parts] for method in methods}
    estimator.network_ = Sequential(*estimator.network_.layers, Meeting())
    for method, answers in expected.items():
        ask = getattr(estimator, method)
        require_equal(together(lambda i, ask=ask: ask(parts[i])), answers)


def test_a_pickled_estimator_holds_nothing_of_what_was_computed(digits):
    x, y = digits
    estimator = MLPClassifier((300,), max_iter=3, random_state=0).fit(x, y)
    estimator.predict_proba(x)
    weights = sum(W.nbytes for W in estimator.network_.params.values())
    assert len(pickle.dumps(estimator)) < 3 * weights + 10_000  # Adam has two more arrays for each weight
