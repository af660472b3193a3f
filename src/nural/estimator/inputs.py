"""Inputs of the estimators: tables of finite numbers, validated by scikit-learn, in the network's float type."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from nural.data.finite import require_finite

#: Passed to `table` instead of targets; None would mean missing targets.
NO_TARGETS = "no_validation"


def table(
    estimator: Any, X: Any, y: Any = NO_TARGETS, *, types: Sequence[Any], reset: bool, **checks: Any
) -> tuple[Any, Any]:
    """X as floats, an array or a CSR matrix, and y as scikit-learn validates it.

    Args:
        estimator: Stores the number and the names of the features if ``reset``; otherwise X is checked against them.
        X: Samples, ``(N, F)``.
        y: Their targets, if there are any.
        types: The float types that X may have; X of any other type becomes the first.
        reset: Whether the estimator learns the number and names of its features from X.
        checks: Further arguments of scikit-learn's ``validate_data``.

    Raises:
        ValueError: X is no table of numbers, a row holds NaN or infinity, or y does not fit.
        TypeError: X is sparse, or holds something else than numbers.
    """
    checks |= {"accept_sparse": estimator._sparse_formats, "dtype": "numeric", "ensure_all_finite": False}
    found = validate_data(estimator, X, y, reset=reset, **checks)
    X, y = found if isinstance(found, tuple) else (found, None)
    return _floats(X, types), y


def _floats(X: Any, types: Sequence[Any]) -> Any:
    if X.dtype.kind == "O":
        X = X.astype(types[0])
    if X.dtype.kind not in "biuf":
        raise ValueError(f"Input X must hold numbers, found {X.dtype}; convert it to numbers first")
    with np.errstate(over="ignore"):  # infinite values are refused below
        X = X if X.dtype in types else X.astype(types[0])
    if isinstance(X, np.ndarray):
        require_finite("Input X", X)
    elif not np.isfinite(X.data).all():
        by_row = X.tocoo()
        row = by_row.row[~np.isfinite(by_row.data)].min()
        require_finite("Input X", X.tocsr()[[row]].toarray(), row)
    return X if isinstance(X, np.ndarray) else X.tocsr()
