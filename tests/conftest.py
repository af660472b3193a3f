"""What several tests share."""

import os

# Before NumPy and PyTorch load: at these sizes their threads wait for each other longer than they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

import nural


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def blobs(rng):
    """A small problem that a small network learns: 300 points in 6 dimensions around 3 centres."""
    labels = rng.integers(0, 3, 300)
    x = (3 * np.eye(3, 6)[labels] + rng.standard_normal((300, 6))).astype(np.float32)
    return x, labels


@pytest.fixture
def small_model():
    """A builder of the same small network, undrawn."""

    def build(**kwargs):
        return nural.Sequential(nural.Linear(6, 16), nural.ReLU(), nural.Linear(16, 3), **kwargs)

    return build


@pytest.fixture(scope="session")
def mnist():
    return nural.data.load_mnist_datasets()
