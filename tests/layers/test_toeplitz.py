import pytest

from nural.cases import relative_error
from nural.layers import convolution
from nural.layers.convolution import conv2d_backward, conv2d_forward

#: Images, kernel, stride and padding: one stretch in a row, several, several bands of one image.
SHAPES = [
    ((2, 9, 8), (3, 4, 2, 5), 1, 0),
    ((3, 28, 28), (5, 5, 1, 6), 1, 2),
    ((2, 14, 14), (5, 5, 6, 16), 1, 0),
    ((2, 15, 17), (2, 3, 3, 4), (3, 2), ((1, 0), (0, 1))),
    ((1, 600, 80), (3, 5, 8, 8), 1, 1),
]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), SHAPES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 5e-6)])
def test_gives_the_numbers_of_the_plain_product(size, kernel, stride, padding, dtype, tolerance, rng, monkeypatch):
    x, K = (rng.standard_normal(shape).astype(dtype) for shape in ((*size, kernel[2]), kernel))
    b = rng.standard_normal(kernel[3]).astype(dtype)
    used = []
    real = convolution.toeplitz_suits
    monkeypatch.setattr(convolution, "toeplitz_suits", lambda *a: used.append(real(*a)) or used[-1])
    y = conv2d_forward(x, K, b, stride, padding)
    dy = rng.standard_normal(y.shape).astype(dtype)
    gradients = conv2d_backward(dy, K, x, stride, padding)
    assert used == [True, True]
    monkeypatch.setattr(convolution, "toeplitz_suits", lambda *_: False)
    assert relative_error(y, conv2d_forward(x, K, b, stride, padding)) < tolerance
    for gradient, plain in zip(gradients, conv2d_backward(dy, K, x, stride, padding), strict=True):
        assert gradient.dtype == dtype
        assert relative_error(gradient, plain) < tolerance
