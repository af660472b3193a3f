"""Affine maps against NumPy's shifts and turns of whole pixels."""

import numpy as np
import pytest

from nural.data.augmentation import Affine, Augmentation, rotation, scale, shear, shift
from nural.data.augmentation.affine import affine_inverse
from nural.data.augmentation.coordinates import affine_fields, composed, identity_map
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.resampling import resample


def changed(digits, b=(0.0, 0.0), degrees=0.0, s=(1.0, 1.0), k=0.0, times=1):
    n = len(digits)
    column = np.ones(n)
    inverse = affine_inverse(np.outer(b, column), degrees * column, np.outer(s, column), k * column)
    maps = identity_map(n)
    for _ in range(times):
        maps = composed(maps, inverse)
    out = np.empty_like(digits)
    resample(digits, maps.transpose(2, 0, 1), affine_fields(), out)
    return out.reshape(n, 28, 28)


def test_a_shift_by_whole_pixels_is_a_copy(digits):
    expected = np.zeros((70, 28, 28), np.float32)
    expected[:, 3:, :-2] = digits.reshape(70, 28, 28)[:, :-3, 2:]
    np.testing.assert_array_equal(changed(digits, b=(3, -2)), expected)


def test_a_shift_by_half_a_pixel_is_the_mean_of_neighbours(digits):
    images = np.pad(digits.reshape(70, 28, 28), ((0, 0), (0, 0), (1, 0)))
    np.testing.assert_allclose(changed(digits, b=(0, 0.5)), (images[:, :, 1:] + images[:, :, :-1]) / 2, atol=1e-6)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns(digits, turns):
    expected = np.rot90(digits.reshape(70, 28, 28), turns, axes=(1, 2))
    np.testing.assert_allclose(changed(digits, degrees=90 * turns), expected, atol=1e-4)
    np.testing.assert_allclose(changed(digits, degrees=90, times=turns), expected, atol=1e-4)


def test_scale_and_shear_of_a_line():
    line = np.zeros((1, 28, 28), np.float32)
    line[0, 4:24, 14] = 1  # half a pixel right of the centre
    tall = changed(line.reshape(1, 784), s=(0.5, 1.0))[0]
    assert tall.sum() == pytest.approx(10, abs=0.1)
    assert not tall[:8].any()
    slanted = changed(line.reshape(1, 784), k=1.0)[0]
    columns = slanted @ np.arange(28) / np.maximum(slanted.sum(1), 1e-9)
    np.testing.assert_allclose(columns[4:24], 14 - (np.arange(4, 24) - 13.5), atol=1e-5)


def test_later_maps_act_on_what_earlier_ones_made(digits):
    """A shift to the right, then a quarter turn counter-clockwise: the digit goes up."""
    one = np.ones(70)
    right = affine_inverse(np.outer([0, 3], one), 0 * one, np.ones((2, 70)), 0 * one)
    turn = affine_inverse(np.zeros((2, 70)), 90 * one, np.ones((2, 70)), 0 * one)
    out = np.empty_like(digits)
    resample(digits, composed(composed(identity_map(70), right), turn).transpose(2, 0, 1), affine_fields(), out)
    moved = np.roll(np.rot90(digits.reshape(70, 28, 28), axes=(1, 2)), -3, axis=1)
    np.testing.assert_allclose(out.reshape(70, 28, 28)[:, :24], moved[:, :24], atol=1e-4)


def test_an_inverse_undoes_the_map_of_the_formula():
    rng = np.random.default_rng(0)
    b, a, s, k = rng.normal(size=(2, 1)), rng.uniform(-180, 180, 1), rng.uniform(0.5, 2, (2, 1)), rng.normal(size=1)
    cos, sin = np.cos(np.deg2rad(a[0])), np.sin(np.deg2rad(a[0]))
    forward = np.array([[cos, -sin], [sin, cos]]) @ [[1, 0], [-k[0], 1]] @ np.diag(s[:, 0])
    inverse = affine_inverse(b, a, s, k)[:, :, 0]
    p = rng.normal(size=2)
    np.testing.assert_allclose(inverse[:, 0] + inverse[:, 1:] @ (forward @ p + b[:, 0]), p, atol=1e-12)


@pytest.mark.parametrize("part", [shift(2), rotation(20), scale(0.2), shear(0.3)])
def test_one_alone_stays_in_its_range_and_uses_it(part):
    inverse = part.inverse(Draws(np.random.default_rng(0), 1000))
    limit = {"pixels": 2.0, "degrees": np.sin(np.deg2rad(20)), "share": 1 / 0.8 - 1, "slope": 0.3}
    (name,) = [name for name in limit if getattr(part, name)]
    away = np.abs(inverse - [[[0], [1], [0]], [[0], [0], [1]]])
    assert 0.95 * limit[name] < away.max() <= limit[name] * 1.001


def test_scales_and_turns_keep_the_ink(digits):
    change = Augmentation(rotation(), shift())
    after = change(digits, np.random.default_rng(0))
    np.testing.assert_allclose(after.sum(), digits.sum(), rtol=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pixels": -1}, "Affine: pixels must be from 0 to 14, got -1"),
        ({"degrees": 200}, "Affine: degrees must be from 0 to 180, got 200"),
        ({"share": 0.6}, r"Affine: share must be from 0 to 0\.5, got 0\.6"),
        ({"slope": float("nan")}, "Affine: slope must be from 0 to 1, got nan"),
    ],
)
def test_strengths_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        Affine(**arguments)
