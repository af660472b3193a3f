import numpy as np
import pytest
from PIL import Image, ImageDraw

from nural.data import DataError, prepare, prepare_strokes

SEVEN = [[(10, 10), (60, 12), (58, 20), (30, 90)], [(20, 50), (60, 48)]]
CURVE = [[(50 + 30 * np.cos(angle), 60 + 45 * np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 60)]]
ONE = [[(5, 0), (5, 80)]]


@pytest.mark.parametrize("strokes", [SEVEN, CURVE, ONE])
def test_as_a_picture_of_them(strokes):
    image = Image.new("L", (1200, 1200), 255)
    draw = ImageDraw.Draw(image)
    width = 2.4 / (20 - 2.4) * np.ptp(np.concatenate(strokes), axis=0).max() * 10
    for stroke in strokes:
        points = [(100 + 10 * x, 100 + 10 * y) for x, y in stroke]
        draw.line(points, fill=0, width=round(width), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.circle((x, y), width / 2, fill=0)
    field = prepare_strokes(strokes)
    assert field.dtype == np.float32
    assert field.shape == (28, 28)
    shifted = [np.roll(field, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    assert max(np.corrcoef(each.ravel(), prepare(image).ravel())[0, 1] for each in shifted) > 0.95


def test_any_unit_and_type():
    expected = prepare_strokes(SEVEN)
    for factor in (1e-6, 1e6):
        other = [np.array(stroke) * factor - 3 * factor for stroke in SEVEN]
        assert np.abs(prepare_strokes(other) - expected).max() <= 1 / 256


def test_longer_side_is_20_pixels_and_mass_is_in_the_centre():
    field = prepare_strokes(CURVE)
    assert np.count_nonzero(field.any(axis=1)) == 20
    positions = np.arange(28)
    assert abs(field.sum(axis=0) @ positions / field.sum() - 14) <= 0.51


def test_a_dot_beside_a_stroke_is_drawn():
    dotted = prepare_strokes([*ONE, [(40, 40)]])
    assert np.count_nonzero(dotted) > np.count_nonzero(prepare_strokes(ONE))


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], "expected a digit, found no points"),
        ([[], []], "expected a digit, found no points"),
        ([[(3, 4)]], "expected a digit, found a single dot"),
        ([[(3, 4), (3, 4)], [(3, 4)]], "expected a digit, found a single dot"),
        ([[(3, 4), (np.nan, 4)]], "expected finite numbers, found others"),
        ([[(3, 4, 5)]], r"expected points \(x, y\), found an array of shape \(1, 3\)"),
        ([[1, 2]], r"expected points \(x, y\), found an array of shape \(2,\)"),
        ([["a"]], r"expected points \(x, y\), found something else"),
    ],
)
def test_what_is_no_digit(strokes, message):
    with pytest.raises(DataError, match=f"the strokes: {message}"):
        prepare_strokes(strokes)
