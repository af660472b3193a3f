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


def test_what_they_are(mnist):
    """A third drawn ones and sevens, a third printed, a third MNIST's own under noise."""
    x, y = mnist[0][0][:200], mnist[0][1][:200]
    pictures, labels = variants(x, y, 300, np.random.default_rng(1))
    assert labels[:100].tolist() == [1] * 50 + [7] * 50
    assert set(labels[100:200]) == set(range(10))
    distance = np.linalg.norm(x[None] - pictures[200:, None], axis=2)
    assert (y[distance.argmin(axis=1)] == labels[200:]).mean() > 0.95
    assert (pictures[200:] > 0).mean() > 2 * (pictures[:200] > 0).mean()


def test_the_shipped_model_reads_them(mnist):
    import nural

    x, y = mnist[2]
    pictures, labels = variants(x, y, 600, np.random.default_rng(2))
    right = nural.predict_proba(nural.load_pretrained(), pictures).argmax(axis=1) == labels
    drawn, printed, noisy = right.reshape(3, 200).mean(axis=1)
    assert drawn > 0.98
    assert printed > 0.98
    assert noisy > 0.95
