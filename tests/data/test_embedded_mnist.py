import hashlib

import numpy as np
import pytest
from digit_files import idx_bytes

from nural.data import DataError
from nural.data.embedded_mnist import EMBEDDED_MNIST, decode


def md5(array: np.ndarray) -> str:
    return hashlib.md5(idx_bytes(array)).hexdigest()


def test_digits_are_those_of_the_published_files(mnist):
    (x, y), (x_val, y_val), (x_test, y_test) = mnist
    images = np.concatenate([x, x_val]).reshape(-1, 28, 28)
    assert md5(images * 256) == "6bbc9ace898e44ae57da46a324031adb"
    assert md5(np.concatenate([y, y_val])) == "a25bea736e30d166cdddb491f175f624"
    assert md5(x_test.reshape(-1, 28, 28) * 256) == "2646ac647ad5339dbf082846283269ea"
    assert md5(y_test) == "27ae3e4e09519cfbb04c329615203637"


def test_shapes_and_types(mnist):
    for (x, y), length in zip(mnist, (50_000, 10_000, 10_000), strict=True):
        assert x.shape == (length, 784)
        assert x.dtype == np.float32
        assert x.flags.c_contiguous
        assert y.shape == (length,)
        assert y.dtype == np.int64


def test_file_is_at_most_10_megabytes_and_has_its_licence():
    assert EMBEDDED_MNIST.stat().st_size <= 10_000_000
    assert "Attribution-ShareAlike 3.0" in EMBEDDED_MNIST.with_name("LICENSE.md").read_text()


@pytest.mark.parametrize("position", [0, 200, 5_000_000])
def test_damage_is_found(position):
    content = bytearray(EMBEDDED_MNIST.read_bytes())
    content[position] ^= 1
    with pytest.raises(DataError, match=r"expected the file that nural was installed with, found a damaged one"):
        decode(bytes(content))
