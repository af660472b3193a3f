from pathlib import Path

import numpy as np
import pytest
from digit_files import Digits

from nural.data import load_mnist_datasets

Sets = tuple[Digits, Digits, Digits]


@pytest.fixture(scope="session")
def mnist() -> Sets:
    return load_mnist_datasets()


@pytest.fixture(scope="session")
def digits(mnist: Sets) -> Digits:
    """The first 70 digits: 70 are divided into 50, 10 and 10, 60 into 50 and 10."""
    (x, y), _, _ = mnist
    return (x[:70] * 256).astype(np.uint8), y[:70]


@pytest.fixture(scope="session")
def train(digits: Digits) -> Digits:
    return digits[0][:60], digits[1][:60]


@pytest.fixture(scope="session")
def test(digits: Digits) -> Digits:
    return digits[0][60:], digits[1][60:]


@pytest.fixture
def check_sets(mnist: Sets):
    """Assert that a path gives the first 70 digits of MNIST, bit for bit, as 50, 10 and 10."""

    def check(path: Path) -> None:
        (x, y), _, _ = mnist
        sets = load_mnist_datasets(path)
        for (pixels, labels), cut in zip(sets, (slice(50), slice(50, 60), slice(60, 70)), strict=True):
            assert pixels.dtype == np.float32
            assert pixels.flags.c_contiguous
            assert pixels.flags.writeable
            assert pixels.tobytes() == x[cut].tobytes()
            assert labels.dtype == np.int64
            assert labels.tolist() == y[cut].tolist()

    return check
