"""Digits as MNIST has few."""

import numpy as np
import pytest

from nural.data.variants import variants


@pytest.mark.parametrize("count", [0, 1, 2, 7, 90])
def test_any_number_of_pictures_with_labels(mnist, count):
    x, y = mnist[0][0][:200], mnist[0][1][:200]
    before = x.copy()
    pictures, labels = variants(x, y, count, np.random.default_rng(0))
    assert (pictures.shape, pictures.dtype) == ((count, 784), np.float32)
    assert labels.shape == (count,)
    assert set(labels) <= set(range(10))
    again, same = variants(x, y, count, np.random.default_rng(0))
    np.testing.assert_array_equal(pictures, again)
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(x, before)


def test_blank_pictures_stay_blank():
    pictures, labels = variants(np.zeros((5, 784), np.float32), np.arange(5), 8, np.random.default_rng(0))
    assert not pictures[4:6].any()
    assert set(labels[4:]) <= set(range(5))


def test_what_they_are(mnist):
    """Four equal parts: drawn ones and sevens, printed ones, MNIST's own of few pixels, and under noise."""
    x, y = mnist[0][0][:200], mnist[0][1][:200]
    pictures, labels = variants(x, y, 400, np.random.default_rng(1))
    drawn, printed, coarse, noisy = labels.reshape(4, 100)
    assert drawn.tolist() == [1] * 50 + [7] * 50
    assert set(printed) == set(range(10))
    for kind, known, least in ((2, coarse, 0.8), (3, noisy, 0.95)):
        distance = np.linalg.norm(x[None] - pictures.reshape(4, 100, 1, 784)[kind], axis=2)
        assert distance.min() > 0
        assert (y[distance.argmin(axis=1)] == known).mean() > least
    fine = np.abs(np.diff(pictures.reshape(-1, 28, 28), 2, axis=2)).mean((1, 2)) / pictures.mean(1)
    own = np.abs(np.diff(x.reshape(-1, 28, 28), 2, axis=2)).mean((1, 2)) / x.mean(1)
    assert np.median(fine[200:300]) < 0.9 * np.median(own)  # blurred
    ink = (pictures > 0).reshape(4, -1).mean(1)
    assert ink[3] > 2 * ink[:3].max()


def test_the_shipped_model_reads_them(mnist):
    import nural

    x, y = mnist[2]
    pictures, labels = variants(x, y, 800, np.random.default_rng(2))
    right = nural.predict_proba(nural.load_pretrained(), pictures).argmax(axis=1) == labels
    drawn, printed, coarse, noisy = right.reshape(4, 200).mean(axis=1)
    assert drawn > 0.98
    assert printed > 0.98
    assert coarse > 0.95
    assert noisy > 0.95
