import numpy as np
import pytest
from disturbances import DISTURBANCES
from PIL import Image

from nural.data import prepare
from nural.data.close_cut import framed
from nural.data.image import prepare_in_stages

CUT = ["both ways", "above and below"]


def cut_close(digit, how, side):
    """The digit's box, enlarged so that its longer side is ``side``."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    box = digit[rows[0] : rows[-1] + 1]
    if how == CUT[0]:
        box = box[:, columns[0] : columns[-1] + 1]
    factor = side / max(box.shape)
    size = max(1, round(box.shape[1] * factor)), max(1, round(box.shape[0] * factor))
    return np.asarray(Image.fromarray(np.rint(255 * box).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def digits(mnist):
    x, y = mnist[2]
    return x[:60][y[:60] != 1].reshape(-1, 28, 28)  # a 1 fills its box: nobody could tell ink from ground


@pytest.mark.parametrize("how", CUT)
@pytest.mark.parametrize("side", [40, 200])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_cut_close_is_the_digit(digits, how, side, inverted):
    alike = []
    for digit in digits:
        picture = cut_close(digit, how, side)
        field = prepare(255 - picture if inverted else picture)
        shifted = [np.roll(field, (down, right), axis=(0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        alike.append(max(np.corrcoef(each.ravel(), digit.ravel())[0, 1] for each in shifted))
    assert np.median(alike) > 0.95
    assert np.mean(np.array(alike) > 0.85) > 0.95


def test_ground_is_added_all_around():
    picture = np.full((40, 20), 250, np.uint8)
    picture[:, 8:12] = 10
    result = framed(picture)
    assert result.shape == (60, 40)
    np.testing.assert_array_equal(result[10:50, 10:30], picture)
    assert (result[:10] == 250).all()
    assert (result[:, :10] == 250).all()


@pytest.mark.parametrize("name", DISTURBANCES)
def test_what_is_not_cut_close_stays_as_it_is(digits, name, rng):
    for digit in digits[:5]:
        upright = prepare_in_stages(DISTURBANCES[name](digit, rng))["upright"]
        assert framed(upright) is upright


def test_a_picture_of_one_level_stays_as_it_is():
    picture = np.full((30, 30), 200, np.uint8)
    assert framed(picture) is picture
