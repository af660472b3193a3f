"""What the tests of the estimators share."""

import pytest


@pytest.fixture
def digits():
    """500 of scikit-learn's digits, 8 × 8 pixels from 0 to 1, as rows, and their labels."""
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_digits(return_X_y=True)
    return x[:500] / 16, y[:500]


@pytest.fixture
def numbers():
    """300 samples of 10 features and 3 numbers each."""
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.make_regression(300, 10, n_targets=3, noise=5, random_state=0)
    return x, y / 50
