import numpy as np
import pytest

from nural import Linear, Sequential
from nural.evaluation.robustness import DISTURBANCES, Disturbance, noisy, robustness, rotated, shifted


@pytest.fixture
def digits(mnist):
    return mnist[2][0][:100]


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda disturbance: disturbance.name)
def test_levels_are_even_and_nothing_changes_at_zero(disturbance, digits, rng):
    assert 0 in disturbance.levels
    np.testing.assert_allclose(np.diff(disturbance.levels, 2), 0, atol=1e-12)
    before = digits.copy()
    np.testing.assert_allclose(disturbance.apply(digits, 0, rng), digits, atol=1e-5)
    changed = disturbance.apply(digits, disturbance.levels[-1], rng)
    assert np.abs(changed - digits).mean() > 0.05
    assert (changed.shape, changed.dtype) == (digits.shape, digits.dtype)
    assert changed.min() >= 0
    assert changed.max() <= 1
    np.testing.assert_array_equal(digits, before)


def test_rotated_is_rot90(digits, rng):
    expected = np.rot90(digits.reshape(-1, 28, 28), axes=(1, 2)).reshape(-1, 784)
    np.testing.assert_allclose(rotated(digits, 90, rng), expected, atol=1e-4)


def test_shifted_moves_the_centre_of_mass_so_far_in_every_direction(rng):
    dot = np.zeros((300, 28, 28), np.float32)
    dot[:, 13, 13] = 1
    moved = shifted(dot.reshape(-1, 784), 5, rng).reshape(-1, 28, 28)
    y, x = (np.einsum(f"nyx,{axis}->n", moved, np.arange(28.0)) - 13 for axis in "yx")
    np.testing.assert_allclose(np.hypot(x, y), 5, atol=0.02)
    assert np.unique(np.arctan2(y, x) // (np.pi / 2)).tolist() == [-2, -1, 0, 1]


def test_noise_has_its_deviation(rng):
    grey = np.full((50, 784), 0.5, np.float32)
    assert noisy(grey, 0.1, rng).std() == pytest.approx(0.1, rel=0.02)


def test_robustness_is_the_accuracy_at_each_level_and_the_same_again(digits, rng):
    model = Sequential(Linear(784, 10), rng=rng)
    labels = model.forward(digits).argmax(axis=1)
    away = Disturbance("fading", "share", (0.0, 0.5, 1.0), lambda x, level, rng: x * np.float32(1 - level))
    found = list(robustness(model, digits, labels, away))
    assert found == [(0.0, 1.0), (0.5, 1.0), (1.0, pytest.approx(np.mean(labels == 0)))]
    for disturbance in DISTURBANCES:
        curve = list(robustness(model, digits, labels, disturbance))
        assert curve == list(robustness(model, digits, labels, disturbance))
        assert dict(curve)[0] == 1
        assert curve[-1][1] < 0.9


def test_targets_that_name_no_classes_are_refused(digits, rng):
    model = Sequential(Linear(784, 10), rng=rng)
    with pytest.raises(ValueError, match="robustness: the targets name no classes"):
        list(robustness(model, digits, np.full((100, 10), 0.1), DISTURBANCES[0]))
