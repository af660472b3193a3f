"""Sums and maxima of rows and columns."""

import numpy as np
import pytest

from nural.layers.rows import SHORT_ROW, column_sums, row_maxima, row_sums


@pytest.mark.parametrize("length", [1, 10, SHORT_ROW, SHORT_ROW + 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_and_columns(length, dtype, rng):
    rows = rng.standard_normal((7, length)).astype(dtype)
    kept = rows.copy()
    maxima = row_maxima(rows, scratch=np.empty_like(rows))
    np.testing.assert_array_equal(maxima, rows.max(axis=1, keepdims=True))
    np.testing.assert_allclose(row_sums(rows), rows.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(column_sums(rows), rows.sum(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(rows, kept)
    assert {maxima.dtype, row_sums(rows).dtype, column_sums(rows).dtype} == {np.dtype(dtype)}


@pytest.mark.parametrize("length", [3, SHORT_ROW + 1])
def test_a_maximum_is_not_a_number_where_a_value_is_not(length):
    rows = np.zeros((2, length))
    rows[1, 1] = np.nan
    np.testing.assert_array_equal(row_maxima(rows, scratch=np.empty_like(rows)), [[0], [np.nan]])


def test_sums_of_columns_are_written_where_they_are_wanted(rng):
    rows, out = rng.standard_normal((5, 4)), np.empty(4)
    assert column_sums(rows, out=out) is out
    np.testing.assert_allclose(out, rows.sum(axis=0))
