"""Tables of pandas and polars in the place of arrays: their rows are taken by position, whatever their index says."""

import numpy as np
import pytest

import nural
from nural.activations import softmax_forward
from nural.data import Batches, Scaled
from nural.data.batches import by_position
from nural.evaluation.calibration import expected_calibration_error, fit_temperature
from nural.evaluation.robustness import DISTURBANCES, robustness

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def pandas(array):
    """With the index that a shuffled table has."""
    index = np.random.default_rng(1).permutation(len(array))
    return pd.Series(array, index) if array.ndim == 1 else pd.DataFrame(array, index)


def polars(array):
    return pl.Series(array) if array.ndim == 1 else pl.DataFrame(array)


KINDS = pytest.mark.parametrize("kind", [pandas, polars, np.ndarray.tolist], ids=["pandas", "polars", "list"])


@KINDS
def test_fit_predict_evaluate(kind, blobs, small_model):
    x, y = blobs

    def found(kind):
        model = small_model()
        history = nural.fit(model, kind(x), kind(y), epochs=2, validation=(kind(x[:70]), kind(y[:70])), threads=1)
        samples, labels = kind(x), kind(y)
        return (
            history.losses,
            history.epochs,
            nural.predict_proba(model, samples),
            nural.evaluate(model, samples, labels),
        )

    losses, epochs, probabilities, scores = found(kind)
    expected = found(np.asarray)
    assert (losses, epochs, scores) == (expected[0], expected[1], expected[3])
    np.testing.assert_array_equal(probabilities, expected[2])


@KINDS
def test_one_hot_rows_and_parts_of_a_table(kind, blobs, small_model):
    x, y = blobs
    rows = np.eye(3, dtype=bool)[y]
    part = kind(x)[40:60]  # whose index does not begin at 0
    assert nural.evaluate(small_model(), kind(x), kind(rows)) == nural.evaluate(small_model(), x, rows)
    np.testing.assert_array_equal(nural.predict(small_model(), part), nural.predict(small_model(), x[40:60]))
    np.testing.assert_array_equal(
        nural.predict(small_model(), Scaled(part, 2)), nural.predict(small_model(), 2 * x[40:60])
    )


@KINDS
def test_calibration_and_robustness(kind, rng):
    x, y = rng.random((60, 784)), rng.integers(0, 10, 60)
    model = nural.Sequential(nural.Linear(784, 10), rng=rng)
    logits = rng.standard_normal((60, 10)) + np.eye(10)[y]
    p = softmax_forward(logits)
    assert fit_temperature(kind(logits), kind(y)) == fit_temperature(logits, y)
    assert expected_calibration_error(kind(p), kind(y)) == expected_calibration_error(p, y)
    assert nural.accuracy(kind(logits), kind(y)) == nural.accuracy(logits, y)
    for disturbance in DISTURBANCES:
        assert next(robustness(model, kind(x), kind(y), disturbance)) == next(robustness(model, x, y, disturbance))


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [0.5, 2], "b": [True, False]}),
        pd.DataFrame({"a": [0.5, 2], "b": pd.array([1, 0], "Int64")}, index=[7, 1]),
        pl.DataFrame({"a": [0.5, 2], "b": [True, False]}),
        pl.DataFrame({"a": [0.5, 2], "b": [1, 0]}),
    ],
)
def test_columns_of_several_types(table):
    array = by_position(table)
    assert array.tolist() == [[0.5, 1], [2, 0]]
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert by_position(table["b"]).tolist() == [1, 0]


def test_a_column_of_pictures(blobs):
    x, _ = blobs
    np.testing.assert_array_equal(by_position(pd.Series(list(x), index=np.arange(300)[::-1])), x)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["red", "2"], "'red'"),
        (["1", "2"], "'1'"),
        (pd.array([1, None], "Int64"), "<NA>"),
        (pd.to_datetime(["2025-01-01", "2025-01-02"]), "Timestamp"),
    ],
)
def test_columns_that_are_no_numbers(values, shown, small_model):
    table = pd.DataFrame({f"p{i}": [0.0, 1.0] for i in range(5)} | {"other": values})
    for call in (
        lambda: nural.fit(small_model(), table, [0, 1]),
        lambda: nural.predict(small_model(), table),
        lambda: nural.evaluate(small_model(), table, [0, 1]),
        lambda: Batches(table, [0, 1], 2),
    ):
        with pytest.raises(ValueError, match=f"expected samples that are numbers, found .*{shown}"):
            call()


def test_labels_that_are_text_are_refused_not_misread(blobs, small_model):
    x, y = blobs
    with pytest.raises(TypeError, match="labels must be integers"):
        nural.fit(small_model(), x, pd.Series(y.astype(str)))
