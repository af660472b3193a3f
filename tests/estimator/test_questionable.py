"""What is no data for an estimator is refused, wherever scikit-learn's own refuses it; the row is named."""

import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

import pandas as pd
from scipy import sparse
from sklearn import neural_network

import nural
from nural.estimator import ConvolutionalClassifier, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
X, CLASSES, NUMBERS, LABELS = RNG.random((30, 16)), np.arange(30) % 3, RNG.random(30), RNG.integers(0, 2, (30, 3))
FRAME = pd.DataFrame(X, columns=[f"f{i}" for i in range(16)])
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, "batch_size": 10}


def holding(array, value, place):
    array = np.array(array, float if isinstance(value, float) else object)
    array[place] = value
    return array


#: Text and dates, which scikit-learn's `fit` reads as numbers and its `predict` refuses; nural's refuse both.
NO_NUMBERS = {
    "text": X.astype(str),
    "lists of text": X.astype(str).tolist(),
    "bytes": X.astype("S8"),
    "dates": (X * 1000).astype("i8").astype("M8[s]"),
    "durations": (X * 1000).astype("i8").astype("m8[s]"),
}
SAMPLES: dict[str, Any] = {
    **NO_NUMBERS,
    **{f"{value}": holding(X, value, (4, 2)) for value in (np.nan, np.inf, -np.inf)},
    "None inside": holding(X, None, (4, 2)),
    "text inside": holding(X, "a", (4, 2)),
    "lists with None": holding(X, None, (4, 2)).tolist(),
    "complex": X + 1j,
    "ragged": [list(row[: 3 + i % 2]) for i, row in enumerate(X)],
    "structured": np.zeros(30, [("a", float), ("b", float)]),
    **{f"{X[:, :n].shape[1]} columns": X[:, :n] for n in (0, 15)},
    "17 columns": np.hstack([X, X[:, :1]]),
    "no rows": X[:0],
    "one row": X[0],
    "5-d": X.reshape(30, 2, 2, 2, 2),
    **{f"{kind.__name__}": kind(X) for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix)},
    "sparse NaN": sparse.csc_matrix(holding(X, np.nan, (4, 2))),
    "sparse complex": sparse.csr_matrix(X + 1j),
    **{f"{value!r}": value for value in (None, 3, "abc", [], [[]], {"a": 1}, {1, 2})},
    "frame": FRAME,
    "frame with NA": FRAME.astype("Float64").mask(FRAME > 0.99),
    "frame with categories": FRAME.assign(f0=pd.Categorical(["a", "b"] * 15)),
    "frame with names of two types": FRAME.rename(columns={"f0": 0}),
    "series": FRAME["f0"],
    **{kind: X.astype(kind) for kind in ("float16", "float32", "longdouble", ">f8", "int8", "bool", "object")},
}
TARGETS: dict[str, Any] = {
    **{f"{value}": holding(NUMBERS, value, 3) for value in (np.nan, np.inf)},
    "None inside": holding(CLASSES, None, 3),
    "short": CLASSES[:-1],
    "long": np.append(CLASSES, 0),
    "numbers": NUMBERS,
    "halves": CLASSES / 2,
    "text": np.array(list("abc"))[CLASSES],
    "bytes": np.array([b"a", b"b", b"c"])[CLASSES],
    "mixed": np.array([1, "a", 2], object)[CLASSES],
    "bool": CLASSES == 1,
    "complex": CLASSES + 1j,
    "one class": np.zeros(30, int),
    "column": CLASSES[:, np.newaxis],
    "row": CLASSES[np.newaxis],
    "3-d": LABELS[..., np.newaxis],
    "two columns": np.stack([CLASSES, CLASSES], 1),
    "columns of numbers": RNG.random((30, 2)),
    "labels": LABELS,
    "labels with NaN": holding(LABELS, np.nan, (3, 1)),
    "sparse labels": sparse.csr_matrix(LABELS),
    "sets": [{1, 2}] * 30,
    "ragged": [[1], [1, 2]] * 15,
    "dates": CLASSES.astype("M8[D]"),
    "series with NA": pd.Series([pd.NA, *CLASSES[1:]], dtype="Int64"),
    **{f"{value!r}": value for value in (None, [], 1, "abc")},
}
WEIGHTS: dict[str, Any] = {
    **{f"{value}": holding(np.ones(30), value, 3) for value in (np.nan, np.inf, -1.0)},
    "zeros": np.zeros(30),
    "of sum zero": np.where(CLASSES == 0, 2.0, -1.0),
    "short": np.ones(29),
    "long": np.ones(31),
    "2-d": np.ones((30, 1)),
    "text": np.array(["a"] * 30),
    "complex": np.ones(30) + 1j,
    "None inside": holding(np.ones(30), None, 3),
    "series": pd.Series(np.arange(30.0), index=np.arange(30)[::-1]),
    **{f"{value!r}": value for value in (2.0, [], "abc", {0: 1})},
}
PAIRS = {
    "MLPClassifier": (neural_network.MLPClassifier, MLPClassifier, CLASSES, {"classes": [0, 1, 2]}),
    "MLPRegressor": (neural_network.MLPRegressor, MLPRegressor, NUMBERS, {}),
}
#: Of an estimator ``e`` that is fitted; what `score` makes of weights is scikit-learn's own code in both.
CALLS = {
    "predict": ("samples", lambda e, v, y, more: e.predict(v)),
    "score": ("samples", lambda e, v, y, more: e.score(v, y)),
    "fit": ("samples", lambda e, v, y, more: e.fit(v, y)),
    "partial_fit": ("samples", lambda e, v, y, more: e.partial_fit(v, y, **more)),
    "score of targets": ("targets", lambda e, v, y, more: e.score(X, v)),
    "fit of targets": ("targets", lambda e, v, y, more: e.fit(X, v)),
    "partial_fit of targets": ("targets", lambda e, v, y, more: e.partial_fit(X, y, **more).partial_fit(X, v)),
    "warm_start of targets": ("targets", lambda e, v, y, more: e.set_params(warm_start=True).fit(X, v)),
    "fit of weights": ("weights", lambda e, v, y, more: e.fit(X, y, sample_weight=v)),
    "score of weights": ("weights", lambda e, v, y, more: e.score(X, y, sample_weight=v)),
}
VALUES = {"samples": SAMPLES, "targets": TARGETS, "weights": WEIGHTS}


def refusal(call, estimator, value, y, more):
    try:
        call(estimator.fit(X, y), value, y, more)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", PAIRS)
def test_what_scikit_learn_refuses(name, call):
    theirs, ours, y, more = PAIRS[name]
    kind, function = CALLS[call]
    for described, value in VALUES[kind].items():
        expected = refusal(function, theirs(**SETTINGS), value, y, more)
        found = refusal(function, ours(**SETTINGS), value, y, more)
        stricter = described in NO_NUMBERS and call in ("fit", "partial_fit")
        assert (found is not None) == (expected is not None or stricter), (described, expected, found)
        types = (ValueError, TypeError, ZeroDivisionError if call.startswith("score") else ValueError)
        assert found is None or (isinstance(found, types) and str(found)), (described, found)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, ConvolutionalClassifier])
def test_features_are_known_by_their_names(kind):
    estimator = kind(**SETTINGS).fit(FRAME, CLASSES)
    others = [FRAME[FRAME.columns[::-1]], FRAME.drop(columns="f3"), FRAME.rename(columns={"f3": "g"})]
    for frame in others:
        for call in (estimator.predict, lambda data: estimator.partial_fit(data, CLASSES)):
            with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
                call(frame)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, ConvolutionalClassifier])
def test_the_row_is_named(kind):
    estimator = kind(**SETTINGS).fit(X, CLASSES)
    for value, found in ((np.nan, "NaN"), (-np.inf, "infinity")):
        damaged = holding(X, value, (4, 2))
        damaged[9] = value
        for call in (estimator.predict, lambda data: estimator.fit(data, CLASSES)):
            with pytest.raises(ValueError, match=f"Input X contains {found}.*first in row 4 of the samples"):
                call(damaged)
    sparse_data = sparse.csc_matrix(damaged)
    if kind is not ConvolutionalClassifier:
        with pytest.raises(ValueError, match="first in row 4 of the samples"):
            estimator.predict(sparse_data)


def test_what_the_network_cannot_hold():
    estimator = MLPClassifier(**SETTINGS, dtype="float32").fit(X, CLASSES)
    with pytest.raises(ValueError, match="infinity or a value too large for float32, first in row 4"):
        estimator.predict(holding(X, 1e39, (4, 2)))


@pytest.mark.parametrize("count", [5, 500])
@pytest.mark.parametrize("call", [nural.predict, nural.predict_proba, lambda m, x: nural.evaluate(m, x, [0] * len(x))])
def test_a_network_alone_names_the_row_too(call, count):
    model = nural.Sequential(nural.Linear(16, 4), nural.Tanh(), nural.Linear(4, 3))
    x = np.zeros((count, 16))
    x[count - 2, 3] = np.inf  # of which tanh makes 1
    with pytest.raises(ValueError, match=re.escape(f"row {count - 2} of the samples")):
        call(model, x)
    call(model, np.full((count, 16), 1e30))  # whose squares are too large, but not they themselves


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X,), r"validation_data must be \(X, y\), got 1 items"),
        ((X, CLASSES[:9]), "inconsistent numbers of samples"),
        ((holding(X, np.nan, (4, 2)), CLASSES), "NaN, first in row 4"),
        ((X, CLASSES + 1), r"`y` has classes not in `self.classes_`"),
        ((X, LABELS), "not fitted with multilabel input"),
    ],
)
def test_validation_data(data, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SETTINGS, validation_data=data).fit(X, CLASSES)


def test_numbers_to_validate_with_have_as_many_columns():
    with pytest.raises(ValueError, match="expected validation_data whose targets have 1 columns, found 2"):
        MLPRegressor(**SETTINGS, validation_data=(X, RNG.random((30, 2)))).fit(X, NUMBERS)
    with pytest.raises(ValueError, match="expected targets with 1 columns, as before, found 2"):
        MLPRegressor(**SETTINGS).fit(X, NUMBERS).partial_fit(X, RNG.random((30, 2)))


def test_a_batch_without_weight_is_a_step_without_gradient():
    weights = np.zeros(30)
    weights[:10] = 1
    settings: dict[str, Any] = SETTINGS | {"shuffle": False, "max_iter": 1, "solver": "sgd", "momentum": 0.0}
    part = MLPClassifier(**settings).fit(X[:10], CLASSES[:10])
    whole = MLPClassifier(**settings).fit(X, CLASSES, weights)
    for found, expected in zip(whole.coefs_, part.coefs_, strict=True):
        np.testing.assert_allclose(found, expected)
    with pytest.raises(ValueError, match="the weights of a batch add up to zero"):
        MLPClassifier(**settings).fit(X, CLASSES, np.tile([1.0, -1.0], 15))
    few = np.where(np.arange(30) < 5, 1.0, 0.0)
    with pytest.raises(ValueError, match="the weights of the samples that validate add up to zero"):
        MLPRegressor(**SETTINGS, early_stopping=True).fit(X, NUMBERS, few)


def test_class_weights_that_are_none():
    with pytest.raises(ValueError, match="class_weight must leave weights that are finite and not all zero"):
        MLPClassifier(**SETTINGS, class_weight=dict.fromkeys(range(3), 0)).fit(X, CLASSES)
    with pytest.raises(ValueError, match="class_weight must leave weights that are finite and not all zero"):
        MLPClassifier(**SETTINGS, class_weight={0: np.nan, 1: 1, 2: 1}).fit(X, CLASSES)


def test_balanced_counts_samples_as_often_as_they_weigh():
    weights = CLASSES.astype(float)  # those of class 0 are as if they were not there
    repeated = np.repeat(np.arange(30), CLASSES)
    by_weight, by_repetition = (MLPClassifier(**SETTINGS, class_weight="balanced", solver="lbfgs") for _ in range(2))
    by_weight.fit(X[CLASSES > 0], CLASSES[CLASSES > 0], weights[CLASSES > 0])
    by_repetition.fit(X[repeated], CLASSES[repeated])
    np.testing.assert_allclose(by_weight.predict_proba(X), by_repetition.predict_proba(X), rtol=1e-5)
