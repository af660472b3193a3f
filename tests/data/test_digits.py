import numpy as np
import pytest

from nural.data import DataError
from nural.data.digits import check_digits, to_float32

IMAGES, LABELS = np.zeros((3, 28, 28), np.uint8), np.array([0, 5, 9])


@pytest.mark.parametrize("shape", [(3, 784), (3, 28, 28), (3, 28, 28, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, ">i2", np.float32, np.float64])
def test_one_form_for_all(shape, dtype):
    for value in (0, 1, 2, 255):
        pixels, labels = check_digits(np.full(shape, value, dtype), LABELS[:, None].astype(np.uint8), "file")
        assert pixels.shape == (3, 784)
        kind = np.float32 if value == 1 or (value == 0 and np.dtype(dtype).kind == "f") else np.uint8
        assert pixels.dtype == kind
        assert (pixels == value).all()
    assert labels.shape == (3,)
    assert labels.dtype == np.int64


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (IMAGES[:, :27], LABELS, r"file: expected images of 28×28 pixels, found an array of shape \(3, 27, 28\)"),
        (IMAGES, LABELS[:2], r"file: expected 3 labels, one for each image, found labels of shape \(2,\)"),
        (IMAGES[:0], LABELS[:0], "file: expected digits, found none"),
        (IMAGES - 1.0, LABELS, "file: expected float64 pixels from 0 to 1, found pixels from -1.0 to -1.0"),
        (IMAGES + np.nan, LABELS, "file: expected float64 pixels from 0 to 1, found pixels from nan"),
        (IMAGES.astype(int) + 256, LABELS, "file: expected int64 pixels from 0 to 255, found pixels from 256"),
        (IMAGES + 1.5, LABELS, "file: expected float64 pixels from 0 to 1, found pixels from 1.5 to 1.5"),
        (IMAGES.astype(str), LABELS, "file: expected pixels that are numbers, found <U3"),
        (IMAGES, LABELS / 2, "file: expected labels that are whole numbers, found float64"),
        (IMAGES, LABELS + np.nan, "file: expected labels that are whole numbers, found float64"),
        (IMAGES, LABELS + 1, "file: expected labels from 0 to 9, found labels from 1 to 10"),
        (IMAGES, LABELS - 1, "file: expected labels from 0 to 9, found labels from -1 to 8"),
    ],
)
def test_what_is_refused(pixels, labels, message):
    with pytest.raises(DataError, match=message):
        check_digits(pixels, labels, "file")


def test_bytes_are_divided_by_256_exactly():
    pixels = np.arange(256, dtype=np.uint8)[None]
    assert (to_float32(pixels) == np.arange(256) / 256).all()


def test_floats_become_contiguous_and_writeable():
    pixels = np.asfortranarray(np.random.default_rng(0).random((5, 784), np.float32))
    pixels.flags.writeable = False
    result = to_float32(pixels)
    assert (result == pixels).all()
    assert result.flags.c_contiguous
    assert result.flags.writeable
