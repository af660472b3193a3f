import numpy as np
import pytest
from PIL import Image, ImageDraw

from nural.data import DataError, prepare, prepare_strokes, prepare_strokes_in_stages

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


def test_stages_end_with_what_is_drawn_without_them():
    unit = [np.array(stroke) / 100 for stroke in SEVEN]
    for switches in ({}, {"box": False}, {"scale": False}, {"centre": False}, {"box": False, "scale": False}):
        stages = prepare_strokes_in_stages(unit, 3, **switches)
        assert list(stages) == ["ink", "box", "scaled", "centred"]
        np.testing.assert_array_equal(stages["centred"] / np.float32(256), prepare_strokes(unit, 3, **switches))


def test_without_its_steps_a_drawing_stays_where_it_is():
    corner = [[(0.1, 0.2), (0.3, 0.2)]]
    stages = prepare_strokes_in_stages(corner, box=False, scale=False, centre=False)
    rows, columns = np.nonzero(stages["centred"] > 127)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((0.2 * 28, 0.2 * 28), abs=0.6)
    assert np.ptp(columns) + 1 == pytest.approx(0.2 * 28 + 2.4, abs=1.5)
    np.testing.assert_array_equal(stages["scaled"], stages["centred"])


def test_each_step_does_what_its_name_says():
    corner = [[(0.1, 0.1), (0.3, 0.1), (0.2, 0.4)]]
    stages = prepare_strokes_in_stages(corner)
    assert stages["ink"].shape == (84, 84)
    assert stages["box"].shape == pytest.approx((0.3 * 84 + 7.2, 0.2 * 84 + 7.2), abs=2)
    assert max(stages["scaled"].shape) == 20
    assert max(prepare_strokes_in_stages(corner, scale=False)["scaled"].shape) == pytest.approx(0.3 * 28 + 2.4, abs=1)
    assert prepare_strokes_in_stages(corner, box=False)["scaled"].shape == (20, 20)
    middle = prepare_strokes_in_stages(corner, centre=False)["centred"]
    assert np.nonzero(middle.any(axis=1))[0].sum() // 20 in (13, 14)


def test_a_wider_pen():
    ink = [prepare_strokes(SEVEN, width).sum() for width in (1, 2.4, 5)]
    assert ink == sorted(ink)


def test_a_dot_that_is_not_scaled_is_a_dot():
    dot = [[(0.5, 0.25)]]
    assert prepare_strokes_in_stages(dot, box=False)["scaled"].any()
    assert prepare_strokes(dot, scale=False).any()
