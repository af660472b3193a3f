import numpy as np
import pytest

from nural.layers import pad2d_backward, pad2d_forward

ROW = np.array([1.0, 2, 3]).reshape(1, 1, 3, 1)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zeros", [0, 0, 1, 2, 3, 0]),
        ("reflect", [3, 2, 1, 2, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 3]),
        ("circular", [2, 3, 1, 2, 3, 1]),
    ],
)
def test_each_mode_by_hand(mode, expected):
    y = pad2d_forward(ROW, ((0, 0), (2, 1)), mode)
    assert y.ravel().tolist() == expected
    dy = np.arange(1.0, 7).reshape(y.shape)
    dx = pad2d_backward(dy, ((0, 0), (2, 1)), mode)
    assert dx.ravel().tolist() == [
        sum(d for d, value in zip(dy.ravel(), expected, strict=True) if value == v) for v in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("mode", "rows", "columns"),
    [
        ("reflect", [3, 2, 1, 0, 1, 2, 3, 4, 3], [0, 1, 2, 3, 2, 1]),
        ("replicate", [0, 0, 0, 0, 1, 2, 3, 4, 4], [0, 1, 2, 3, 3, 3]),
        ("circular", [2, 3, 4, 0, 1, 2, 3, 4, 0], [0, 1, 2, 3, 0, 1]),
    ],
)
def test_both_dimensions(mode, rows, columns, rng):
    x = rng.standard_normal((2, 5, 4, 3))
    np.testing.assert_array_equal(pad2d_forward(x, ((3, 1), (0, 2)), mode), x[:, rows][:, :, columns])


def test_a_wrong_mode_or_too_small_an_image_is_named():
    with pytest.raises(ValueError, match="no mode 'mirror'; choose from zeros, reflect, replicate, circular"):
        pad2d_forward(ROW, 1, "mirror")
    with pytest.raises(ValueError, match="reflect padding of 3 pixels can be at most 2 wide, got 3 and 0"):
        pad2d_forward(ROW, ((0, 0), (3, 0)), "reflect")
    with pytest.raises(ValueError, match="circular padding of 1 pixels can be at most 1 wide, got 2 and 2"):
        pad2d_forward(ROW, 2, "circular")
