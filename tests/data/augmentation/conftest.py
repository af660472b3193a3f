import numpy as np
import pytest

from nural.data import load_mnist_datasets


@pytest.fixture(scope="session")
def digits():
    """70 digits: more than one block of them."""
    x = np.array(load_mnist_datasets()[1][0][:70], np.float32)
    x.flags.writeable = False
    return x
