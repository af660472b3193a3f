import numpy as np
import pytest

from nural.data.stroke_width import THICKEST, THINNEST, adjust_width, stroke_width


def ring(radius, width, size=200):
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip(width / 2 + 0.5 - np.abs(np.hypot(rows, columns) - radius), 0, 1).astype(np.float32)


@pytest.mark.parametrize("width", [2, 3.5, 10, 25])
def test_width_of_a_ring(width):
    assert stroke_width(ring(70, width)) == pytest.approx(width, rel=0.06)


def test_no_ink():
    assert stroke_width(np.zeros((5, 5), np.float32)) == 0


@pytest.mark.parametrize(("width", "target"), [(2, THINNEST), (10, THINNEST), (60, THICKEST)])
def test_brought_to_the_nearest_usual_width(width, target):
    size = 140 + width
    adjusted = adjust_width(ring(70, width, size))
    assert 20 * stroke_width(adjusted) / max(adjusted.shape) == pytest.approx(target, rel=0.08)


def test_usual_width_is_left_alone():
    ink = ring(70, 20, 160)
    assert adjust_width(ink) is ink


def test_thin_parts_beside_thick_ones_do_not_break():
    ink = np.zeros((200, 120), np.float32)
    ink[:, 50:54] = 1
    ink[:70] = ink[130:] = 1
    adjusted = adjust_width(ink)
    assert adjusted.max(axis=1).min() > 0.5
