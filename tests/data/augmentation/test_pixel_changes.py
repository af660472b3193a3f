"""Thickness, noise and erased patches against plain loops and their statistics."""

import numpy as np
import pytest

from nural.data.augmentation import Erasing, Noise, Thickness
from nural.data.augmentation.draws import Draws


@pytest.mark.parametrize("t", [-1.0, -0.3, 0.0, 0.5, 1.0])
def test_thickness(digits, t):
    padded = np.pad(digits.reshape(70, 28, 28), ((0, 0), (1, 1), (1, 1)))
    neighbours = [
        padded[:, 1 + dy : 29 + dy, 1 + dx : 29 + dx] for dy, dx in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    ]
    extreme = np.max(neighbours, 0) if t > 0 else np.min(neighbours, 0)
    expected = (1 - abs(t)) * neighbours[0] + abs(t) * extreme
    out = np.empty_like(digits)
    Thickness().apply(digits, np.full(70, t), out)
    np.testing.assert_allclose(out.reshape(70, 28, 28), expected, atol=1e-6)


def test_thickness_at_the_border():
    full = np.ones((2, 784), np.float32)
    out = np.empty_like(full)
    Thickness().apply(full, np.array([1.0, -1.0]), out)
    assert out[0].all()
    assert out[1].sum() == 26 * 26  # beyond the border is paper


def test_noise_has_its_deviation_and_stays_from_0_to_1():
    grey = np.full((200, 784), 0.5, np.float32)
    out = np.empty_like(grey)
    noise = Noise(0.1)
    drawn = noise.draw(Draws(np.random.default_rng(0), 200))
    noise.apply(grey, drawn, out)
    assert 0 <= drawn[0].min() < 0.01
    assert 0.09 < drawn[0].max() <= 0.1
    np.testing.assert_allclose(out.std(1), drawn[0], rtol=0.15, atol=1e-4)
    assert abs(out.mean() - 0.5) < 1e-3
    Noise(1).apply(grey, (np.ones(200), drawn[1]), out)
    assert out.min() == 0
    assert out.max() == 1


def test_erasing_takes_one_rectangle_inside_the_picture():
    erasing = Erasing(pixels=8, probability=0.5)
    full = np.ones((2000, 784), np.float32)
    out = np.empty_like(full)
    drawn = erasing.draw(Draws(np.random.default_rng(0), 2000))
    erasing.apply(full, drawn, out)
    heights = np.zeros(2000)
    touched = np.zeros((28, 28), bool)
    for i, image in enumerate(out.reshape(-1, 28, 28)):
        gone = image == 0
        heights[i] = gone.any(1).sum()
        assert gone.sum() == heights[i] * gone.any(0).sum()
        touched |= gone
    assert set(heights) == set(range(9))
    assert 0.45 < (heights > 0).mean() < 0.55
    assert all(edge.any() for edge in (touched[0], touched[-1], touched[:, 0], touched[:, -1]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Thickness(1.5), "Thickness: pixels must be from 0 to 1, got 1.5"),
        (lambda: Noise(-0.1), "Noise: deviation must be from 0 to 1, got -0.1"),
        (lambda: Erasing(pixels=0), "Erasing: pixels must be from 1 to 28, got 0"),
        (lambda: Erasing(probability=2), "Erasing: probability must be from 0 to 1, got 2"),
    ],
)
def test_strengths_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
