import numpy as np
import pytest

from nural.blocks import image_blocks
from nural.layers import same_padding
from nural.layers.windows import down_across, require_images, sides, windows_over

NONE = ((0, 0), (0, 0))


def test_the_number_of_windows():
    assert windows_over("f", (1, 28, 20, 1), 3, 1, 0).count == (26, 18)
    assert windows_over("f", (1, 28, 20, 1), (5, 2), 2, (2, 0)).count == (14, 10)
    assert windows_over("f", (1, 28, 28, 1), 3, 1, 0, dilation=4).count == (20, 20)
    assert windows_over("f", (1, 5, 5, 1), 1, 7, 0).count == (1, 1)


def test_ceil_mode_keeps_the_last_pixels_but_begins_no_window_beyond_them():
    assert windows_over("f", (1, 5, 5, 1), 2, 2, 0, ceil_mode=False).count == (2, 2)
    assert windows_over("f", (1, 5, 5, 1), 2, 2, 0, ceil_mode=True).count == (3, 3)
    assert windows_over("f", (1, 5, 5, 1), 1, 3, 0, ceil_mode=True).count == (2, 2)


@pytest.mark.parametrize("settings", [(3, 1, 0, 1), (3, 2, 1, 1), (2, 3, ((0, 1), (2, 0)), 1), ((2, 3), 2, 2, (3, 2))])
def test_taps_are_the_pixels_that_windows_read(settings):
    windows = windows_over("f", (1, 9, 8, 1), *settings)
    padded = np.pad(np.arange(72).reshape(9, 8), windows.sides, constant_values=-1)
    found = {}
    for (i, j), (rows, columns), (h, w) in windows.all_positions():
        pixels = np.full(windows.count, -1)
        pixels[rows, columns] = np.arange(72).reshape(9, 8)[h, w]
        found[i, j] = pixels
    for i in range(windows.kernel[0]):
        for j in range(windows.kernel[1]):
            down, across = (np.arange(n) * s for n, s in zip(windows.count, windows.stride, strict=True))
            expected = padded[np.ix_(down + i * windows.dilation[0], across + j * windows.dilation[1])]
            np.testing.assert_array_equal(found.get((i, j), np.full(windows.count, -1)), expected)


def test_same_padding_gives_one_window_for_each_stride():
    assert same_padding(28, 3) == ((1, 1), (1, 1))
    assert same_padding((28, 27), (3, 4), 2) == ((0, 1), (1, 2))
    assert same_padding(5, 1, 3) == NONE
    for size in range(1, 12):
        for kernel in range(1, 6):
            for stride in range(1, 4):
                padding = same_padding(size, kernel, stride, dilation=2)
                expected = -(-size // stride)
                assert windows_over("f", (1, size, size, 1), kernel, stride, padding, 2).count == (expected, expected)


def test_sides_of_each_kind_of_padding():
    assert sides("f", 2) == ((2, 2), (2, 2))
    assert sides("f", (1, 0)) == sides("f", [1, 0]) == ((1, 1), (0, 0))
    assert sides("f", [[0, 1], [2, 3]]) == ((0, 1), (2, 3))
    assert sides("f", "valid", stride=(2, 2)) == NONE
    assert sides("f", "same", kernel=(4, 3), dilation=(1, 2)) == ((1, 2), (2, 2))


def test_same_needs_stride_1():
    with pytest.raises(ValueError, match=r'f: padding="same" .* needs stride 1, got \(2, 1\); for Keras.*same_padding'):
        sides("f", "same", (3, 3), (2, 1))


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", (), (0,), (1, 2, 3), (1, 0), None, ((1, 2), 3)])
def test_a_setting_that_is_no_pair_is_named(wrong):
    with pytest.raises(ValueError, match=r"f: stride must be a whole number, at least 1, or two of them; got"):
        down_across("f", "stride", wrong)


@pytest.mark.parametrize("wrong", [-1, 0.5, "full", (1, -1), ((1, 2), (3, -4)), ((1, 2), 3), ((1, 2, 3), (1, 2, 3))])
def test_a_padding_that_is_none_is_named(wrong):
    with pytest.raises(ValueError, match=r"f: padding must be a whole number, at least 0, or two of them; got"):
        sides("f", wrong)


def test_a_kernel_larger_than_the_image_is_named():
    with pytest.raises(ValueError, match=r"f: a kernel that extends over \(5, 3\) .* the padded image, \(4, 6\)"):
        windows_over("f", (1, 2, 4, 1), (3, 3), 1, 1, (2, 1))


def test_what_is_no_batch_of_images_is_named():
    with pytest.raises(ValueError, match=r"f: images are channels-last in nural, \(N, H, W, C\); .* \(28, 28\)"):
        require_images("f", np.zeros((28, 28)))
    with pytest.raises(ValueError, match="f: the batch is empty"):
        require_images("f", np.zeros((0, 2, 2, 1)))


def test_image_blocks_cover_the_batch():
    assert list(image_blocks(5, 2**19)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(image_blocks(2, 2**30)) == [slice(0, 1), slice(1, 2)]


@pytest.mark.parametrize(
    ("settings", "tile"),
    [
        (((2, 2), 2, 0), True),
        (((2, 2), 2, 1), False),
        (((2, 2), 1, 0), False),
        (((3, 3), 3, 0), False),
        (((2, 2), 2, 0, 2, True), False),
    ],
)
def test_whether_each_pixel_is_under_one_window(settings, tile):
    assert windows_over("pool", (1, 4, 4, 1), *settings).tile() is tile
