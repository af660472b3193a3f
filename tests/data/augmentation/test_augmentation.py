"""Augmentation of whole batches."""

import numpy as np
import pytest

from nural.data.augmentation import Affine, Augmentation, Elastic, Erasing, Noise, Thickness, shift
from nural.parallel.workers import Workers

EVERYTHING = Augmentation(Affine(), Elastic(), Thickness(), Noise(), Erasing())
NOTHING = Augmentation(Affine(0, 0, 0, 0), Elastic(alpha=0), Thickness(0), Noise(0), Erasing(probability=0))


@pytest.mark.parametrize("augmentation", [NOTHING, Augmentation()])
def test_no_strength_changes_no_bit(digits, augmentation):
    np.testing.assert_array_equal(augmentation(digits, np.random.default_rng(0)), digits)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 1)])
def test_shape_type_range_and_input_are_kept(digits, dtype, shape):
    x = digits.astype(dtype).reshape(70, *shape)
    before = x.copy()
    y = EVERYTHING(x, np.random.default_rng(0))
    np.testing.assert_array_equal(x, before)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert y.min() >= 0
    assert y.max() <= 1
    np.testing.assert_allclose(y.reshape(70, 784), EVERYTHING(digits, np.random.default_rng(0)), atol=1e-3)


def test_the_seed_gives_the_bits(digits):
    first, again, other = (EVERYTHING(digits, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert all((first != other).any(1))


@pytest.mark.parametrize(
    "augmentation",
    [
        EVERYTHING,
        Augmentation(Noise(), Affine(), Erasing(), Elastic()),
        Augmentation(*EVERYTHING.parts, probability=0.5),
    ],
)
def test_shares_of_a_batch_are_changed_as_in_the_whole(digits, augmentation):
    rng = np.random.default_rng(0)
    whole = augmentation(digits, rng)
    for begin, end in [(0, 23), (23, 70), (5, 6)]:
        own = np.random.default_rng(0)
        share = augmentation(digits[begin:end], own, before=begin, after=70 - end)
        np.testing.assert_allclose(share, whole[begin:end], atol=1e-5)  # coordinates up to 28 round by 2e-6
        assert own.bit_generator.state == rng.bit_generator.state


@pytest.mark.parametrize("augmentation", [EVERYTHING, Augmentation(*EVERYTHING.parts, probability=0.5)])
def test_workers_and_writing_in_place_give_the_same_bits(digits, augmentation):
    digits = np.tile(digits, (3, 1))  # more than one block
    x = digits.copy()
    with Workers(2) as workers:
        assert augmentation(x, np.random.default_rng(0), out=x, divide=workers.divide) is x
    np.testing.assert_array_equal(x, augmentation(digits, np.random.default_rng(0)))


def test_neighbouring_maps_are_resampled_once(digits):
    """A shift by half a pixel and back would blur, were it done in two steps."""

    class Once(Affine):
        def inverse(self, draws):
            inverse = super().inverse(draws)
            inverse[:, 0] = self.pixels / 2
            return inverse

    there, back = Once(1, 0, 0, 0), Once(3, 0, 0, 0)
    whole = np.zeros((70, 28, 28), np.float32)
    whole[:, :-2, :-2] = digits.reshape(70, 28, 28)[:, 2:, 2:]
    result = Augmentation(there, back)(digits, np.random.default_rng(0))
    np.testing.assert_allclose(result.reshape(70, 28, 28), whole, atol=1e-6)


def test_the_order_counts(digits):
    """Noise before erasing leaves the patch clean, after it does not."""
    noise, erasing = Noise(0.5), Erasing(pixels=1, probability=1)
    clean = Augmentation(noise, erasing)(np.ones((50, 784)), np.random.default_rng(0))
    speckled = Augmentation(erasing, noise)(np.ones((50, 784)), np.random.default_rng(0))
    assert (clean.min(1) == 0).all()
    assert not (speckled.min(1) == 0).all()


def test_the_ink_stays(digits):
    y = Augmentation(Affine(), Elastic())(digits, np.random.default_rng(0))
    assert y.sum() == pytest.approx(digits.sum(), rel=0.1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_others_stay_as_they_are(digits, dtype):
    """Those that are changed, are as without a probability."""
    x = digits.astype(dtype)
    all_changed = EVERYTHING(x, np.random.default_rng(0))
    half = Augmentation(*EVERYTHING.parts, probability=0.5)(x, np.random.default_rng(0))
    kept = (half == x).all(1)
    assert 0.3 < kept.mean() < 0.7
    np.testing.assert_allclose(half[~kept], all_changed[~kept], atol=1e-5)  # BLAS sums other blocks in other orders
    none = Augmentation(*EVERYTHING.parts, probability=0)(x, np.random.default_rng(0))
    np.testing.assert_array_equal(none, x)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability(probability):
    with pytest.raises(ValueError, match=f"Augmentation: probability must be from 0 to 1, got {probability}"):
        Augmentation(Affine(), probability=probability)


def test_an_empty_batch():
    assert EVERYTHING(np.empty((0, 784), np.float32), np.random.default_rng(0)).shape == (0, 784)


def test_it_says_what_it_is():
    augmentation = Augmentation(shift(2), Noise())
    assert repr(augmentation) == ("Augmentation(Affine(pixels=2, degrees=0, share=0, slope=0), Noise(deviation=0.15))")
    assert repr(Augmentation(Noise(), probability=0.5)) == "Augmentation(Noise(deviation=0.15), probability=0.5)"


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((2, 784), np.uint8), TypeError, "expected digits as float32 or float64, got uint8"),
        ([[0.0]], TypeError, "expected digits as float32 or float64, got list"),
        (np.zeros((2, 783)), ValueError, r"expected digits \(N, 784\), .* got \(2, 783\)"),
        (np.zeros(784), ValueError, r"got \(784,\)"),
    ],
)
def test_what_are_no_digits(x, error, message):
    with pytest.raises(error, match=message):
        EVERYTHING(x, np.random.default_rng(0))


def test_an_out_that_does_not_fit(digits):
    with pytest.raises(ValueError, match=r"Augmentation: out has shape \(3, 784\)"):
        EVERYTHING(digits, np.random.default_rng(0), out=np.empty((3, 784), np.float32))
