import numpy as np
import pytest

from nural.cases import relative_error
from nural.layers import convolution, winograd
from nural.layers.convolution import conv2d_backward, conv2d_forward
from nural.layers.winograd import POINTS, filtering_matrices, winograd_suits

#: Images, channels in and out, padding: whole tiles, tiles that reach beyond the image, several bands of one image.
SHAPES = [
    ((2, 10, 6), (16, 16), 0),
    ((3, 9, 11), (17, 20), 1),
    ((1, 11, 14), (16, 33), ((2, 0), (0, 1))),
    ((1, 90, 18), (64, 16), 1),
]


@pytest.fixture
def for_few_tiles_too(monkeypatch):
    """Winograd's form where the plain one would be taken, being faster."""
    monkeypatch.setattr(winograd, "LEAST_TILES", 1)


def of_both_forms(compute, monkeypatch):
    """What the form computes, and what the plain product of columns does."""
    fast = compute()
    with monkeypatch.context() as patch:
        patch.setattr(convolution, "winograd_suits", lambda *_: False)
        return fast, compute()


@pytest.mark.usefixtures("for_few_tiles_too")
@pytest.mark.parametrize(("size", "channels", "padding"), SHAPES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 5e-6)])
def test_gives_the_numbers_of_the_plain_product(size, channels, padding, dtype, tolerance, rng, monkeypatch):
    x = rng.standard_normal((*size, channels[0])).astype(dtype)
    K, b = rng.standard_normal((3, 3, *channels)).astype(dtype), rng.standard_normal(channels[1]).astype(dtype)
    y, expected = of_both_forms(lambda: conv2d_forward(x, K, b, padding=padding), monkeypatch)
    assert not np.array_equal(y, expected)  # the two forms round differently: both were there
    assert relative_error(y, expected) < tolerance
    dy = rng.standard_normal(y.shape).astype(dtype)
    gradients = of_both_forms(lambda: conv2d_backward(dy, K, x, padding=padding), monkeypatch)
    for gradient, plain in zip(*gradients, strict=True):
        assert gradient.dtype == dtype
        assert relative_error(gradient, plain) < tolerance


@pytest.mark.usefixtures("for_few_tiles_too")
def test_only_what_is_asked_for_is_computed(rng):
    x, K = rng.standard_normal((2, 8, 8, 16)), rng.standard_normal((3, 3, 16, 16))
    dy = rng.standard_normal((2, 6, 6, 16))
    dK, _, dx = conv2d_backward(dy, K, x)
    alone = np.empty_like(K), None, None
    np.testing.assert_array_equal(conv2d_backward(dy, K, x, out=alone)[0], dK)
    alone = None, None, np.empty_like(x)
    np.testing.assert_array_equal(conv2d_backward(dy, K, x, out=alone)[2], dx)


def test_one_dimension_by_hand():
    to_values, of_kernel, back = filtering_matrices(POINTS)
    d, g = np.array([1.0, 2, 0, -1, 3, 5]), np.array([2.0, -1, 4])
    expected = [2 * d[i] - d[i + 1] + 4 * d[i + 2] for i in range(4)]
    np.testing.assert_allclose(back @ ((of_kernel @ g) * (to_values @ d)), expected, atol=1e-12)


def test_the_stated_rounding_error(rng):
    x, K = rng.standard_normal((16, 26, 26, 32), np.float32), rng.standard_normal((3, 3, 32, 64), np.float32)
    exact = conv2d_forward(x.astype(np.float64), K.astype(np.float64))
    error = np.sqrt(np.mean((conv2d_forward(x, K) - exact) ** 2)) / exact.std()
    assert 3e-7 < error < 9e-7


@pytest.mark.parametrize(
    ("images", "kernel", "settings", "suits"),
    [
        (8, (3, 3, 16, 16), {}, True),  # 9 tiles each
        (7, (3, 3, 16, 16), {}, False),
        (8, (3, 3, 16, 16), {"stride": 2}, False),
        (8, (3, 3, 16, 16), {"dilation": 2}, False),
        (8, (3, 3, 16, 32), {"groups": 2}, False),
        (8, (3, 3, 8, 32), {}, False),
        (8, (5, 5, 16, 16), {}, False),
    ],
)
def test_which_convolutions_it_suits(images, kernel, settings, suits, rng):
    settings = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | settings
    K = rng.standard_normal(kernel)
    x = rng.standard_normal((images, 14, 14, kernel[2] * settings["groups"]))
    windows = convolution._windows("conv2d", x, K, **settings)
    assert winograd_suits(images, K, windows, settings["groups"]) is suits
