import numpy as np
import pytest

from nural import blocks
from nural.layers import conv2d_backward, conv2d_forward, im2col
from nural.layers.windows import windows_over
from nural.scratch import new_array


def test_columns_hold_the_pixels_under_each_window():
    x = np.arange(2 * 4 * 5 * 3.0).reshape(2, 4, 5, 3)
    windows = windows_over("f", x.shape, (3, 2), (1, 2), 0)
    ((block, columns),) = im2col.window_columns(x, windows, 1, x.dtype, new_array)
    assert block == (slice(0, 2), slice(0, 2))
    assert columns.shape == (1, 2 * 2 * 2, 3 * 2 * 3)
    np.testing.assert_array_equal(columns[0, 3], x[0, 1:4, 2:4].ravel())


def test_blocks_cover_all_windows_once(monkeypatch):
    windows = windows_over("f", (5, 8, 6, 1), 3, 1, 0)
    for size in (1, 100, 300, 900, 2000, 10**6):
        monkeypatch.setattr(blocks, "WINDOW_BYTES", size)
        seen = np.zeros((5, *windows.count), int)
        for images, bands in blocks.window_blocks(windows.count, 5, 9):
            for rows in bands:
                seen[images, rows] += 1
        assert (seen == 1).all()


@pytest.mark.parametrize("settings", [{}, {"stride": (2, 1), "padding": 2}, {"groups": 2, "dilation": 2, "padding": 1}])
def test_the_size_of_blocks_changes_no_result(settings, monkeypatch, rng):
    x = rng.standard_normal((5, 9, 8, 4))
    K = rng.standard_normal((3, 2, 4 // settings.get("groups", 1), 6))
    y = conv2d_forward(x, K, **settings)
    gradients = conv2d_backward(y, K, x, **settings)
    for size in (1, 2000, 5000):
        monkeypatch.setattr(blocks, "WINDOW_BYTES", size)
        np.testing.assert_allclose(conv2d_forward(x, K, **settings), y, rtol=1e-12, atol=1e-12)
        for found, expected in zip(conv2d_backward(y, K, x, **settings), gradients, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-10)
