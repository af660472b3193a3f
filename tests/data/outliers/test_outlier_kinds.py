"""Pictures that are no digits."""

import numpy as np
import pytest

from nural.data.outliers import outliers, with_outliers
from nural.data.outliers.broken_digits import FLIPPED, MIRRORED, TURNED, broken_digits
from nural.data.outliers.letters import LETTERS, letters
from nural.data.outliers.printed import SIGNS, printed_letters
from nural.data.outliers.scribbles import scribbles
from nural.data.outliers.textures import silhouettes, textures


@pytest.fixture(scope="module")
def digits(mnist):
    x, y = mnist[0]
    return x[:500], y[:500]


@pytest.mark.parametrize("kind", [letters, printed_letters, scribbles, textures, silhouettes])
def test_a_kind_is_as_many_pictures_as_asked_for(kind):
    pictures = kind(60, np.random.default_rng(0))
    assert (pictures.shape, pictures.dtype) == ((60, 784), np.float32)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert len(np.unique(pictures, axis=0)) > 50


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_any_number_of_all_kinds(digits, count):
    pictures = outliers(digits[0], digits[1], count, np.random.default_rng(0))
    assert (pictures.shape, pictures.dtype) == ((count, 784), np.float32)


def test_the_seed_gives_the_bits_and_the_digits_stay(digits):
    before = digits[0].copy()
    first, again, other = (outliers(digits[0], digits[1], 80, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(digits[0], before)


def test_no_letter_looks_like_a_digit():
    assert not set("BDIOSZbgloqsz0123456789") & set(LETTERS)
    assert not set("BIOSZbgloqsz0123456789") & set(SIGNS), "a printed D has corners"


def test_letters_are_drawn_as_digits_are(digits):
    """The same box, the same centre, about as much ink."""
    pictures = letters(100, np.random.default_rng(0)).reshape(-1, 28, 28)
    inked = pictures > 0.5
    rows, columns = (inked.any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert (np.maximum(rows, columns) <= 20).all()
    assert 0.3 < pictures.mean() / digits[0].mean() < 2


def test_broken_digits_are_made_of_those_that_break():
    """With one class only, turned, mirrored and overlaid ones are that class's; 0 is not turned or mirrored."""
    assert 0 not in {*TURNED, *MIRRORED, *FLIPPED}
    x = np.zeros((10, 28, 28), np.float32)
    x[np.arange(10), 4 + np.arange(10), 20] = 1  # a dot whose row names the digit
    pictures = broken_digits(x.reshape(10, 784), np.arange(10), 400, np.random.default_rng(0)).reshape(-1, 28, 28)
    turned, mirrored = pictures[200:300], pictures[300:]
    for digit in range(10):
        row = 4 + digit
        assert bool(turned[:, :, [row, 27 - row]].any()) == (digit in TURNED)
        assert bool(mirrored[:, row, 7].any()) == (digit in MIRRORED)


def test_silhouettes_are_no_bars():
    pictures = silhouettes(60, np.random.default_rng(0)).reshape(-1, 28, 28)
    assert ((pictures > 0).any(axis=1).sum(axis=1) >= 11).all()


def test_a_data_set_with_outliers(digits):
    x, y = digits
    more, targets = with_outliers(x, y, 100, np.random.default_rng(0))
    assert (more.shape, targets.shape) == ((600, 784), (600, 10))
    assert more.dtype == targets.dtype == np.float32
    np.testing.assert_array_equal(more[:500], x)
    np.testing.assert_array_equal(targets[:500].argmax(axis=1), y)
    np.testing.assert_array_equal(targets[:500].max(axis=1), 1)
    np.testing.assert_array_equal(targets[500:], np.float32(0.1))
