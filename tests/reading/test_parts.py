"""The parts of the way from a page to its digits, each alone."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from nural.reading.components import Component
from nural.reading.cuts import Atom, atoms_of
from nural.reading.grid import Grid
from nural.reading.ink import ink_is_lighter, page_ink
from nural.reading.lines import lines_of
from nural.reading.refusal import digits_among, spaces_before, without_specks
from nural.reading.ruling import Rule, _agreeing, remove_rules
from nural.reading.segmentation import Candidate, best_segmentation, candidates_of
from nural.reading.signs import Sign, signs_of
from nural.reading.tilt import tilt_of_components, tilt_of_rules


def component(top, left, height, width):
    return Component((top, left, top + height, left + width), np.ones((height, width), np.float32), 5.0)


def test_ink_is_the_same_share_of_the_ground_in_light_and_shadow():
    grey = np.full((200, 300), 220, np.uint8)
    grey[:, 150:] = 110
    grey[90:100, 60:80], grey[90:100, 220:240] = 110, 55
    ink = page_ink(grey, lighter=False)
    assert ink.levels[95, [70, 230]] == pytest.approx([0.5, 0.5], abs=0.03)
    assert ink.levels[20:60, 20:280].max() < 0.05
    assert not ink_is_lighter(grey)
    assert ink_is_lighter(255 - grey)


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_a_line_is_taken_away_and_the_stroke_across_it_stays(slope):
    levels = np.zeros((300, 600), np.float32)
    columns = np.arange(600)
    for offset in range(3):
        levels[np.rint(100 + slope * columns).astype(int) + offset, columns] = 0.5
    levels[60:230, 300:308] = 0.5
    cleaned, rules = remove_rules(levels, 0.1)
    assert len(rules) == 1
    assert rules[0].slope == pytest.approx(slope, abs=0.01)
    assert cleaned[60:230, 302:306].min() == 0.5
    assert np.count_nonzero(cleaned) < 1.1 * 170 * 8


def test_a_short_stroke_is_no_line():
    levels = np.zeros((300, 600), np.float32)
    levels[100:103, 300:340] = 0.5
    cleaned, rules = remove_rules(levels, 0.1)
    assert rules == []
    np.testing.assert_array_equal(cleaned, levels)


def test_tilt_of_ruled_paper_and_of_writing():
    levels = np.zeros((300, 600), np.float32)
    columns = np.arange(600)
    for top in (40, 100, 160):
        levels[np.rint(top + 0.1 * columns).astype(int), columns] = 0.5
    assert tilt_of_rules(remove_rules(levels, 0.1)[1]) == pytest.approx(np.degrees(np.arctan(0.1)), abs=0.2)
    components = [component(100 * row + round(50 * x * 0.15), 50 * x, 40, 25) for row in range(3) for x in range(12)]
    assert tilt_of_components(components) == pytest.approx(np.degrees(np.arctan(0.15)), abs=0.5)
    assert tilt_of_components(components[:3]) == 0


def test_pieces_of_several_sizes_are_put_into_lines():
    large = [component(10, 100 * x, 90, 50) for x in range(4)]
    small = [component(130 + x % 2 * 4, 40 * x, 30, 18) for x in range(10)]
    bar = component(12, 150, 10, 20)
    assert lines_of([*small, bar, *large]) == [sorted([*large, bar], key=lambda p: p.middle[1]), small]


def test_touching_bars_are_cut_between():
    ink = np.zeros((60, 66), np.float32)
    ink[:, 4:12] = ink[:, 50:58] = 1
    ink[30:34, 12:50] = 1
    atoms = atoms_of(Component((0, 0, 60, 66), ink, 8.0), 0, 60.0)
    assert len(atoms) > 1
    np.testing.assert_array_equal(
        sum(np.pad(a.ink, ((a.box[0], 60 - a.box[2]), (a.box[1], 66 - a.box[3]))) for a in atoms), ink
    )


def test_the_likeliest_division_of_a_line():
    atoms = [Atom((0, 20 * i, 40, 20 * i + 20), np.ones((40, 20), np.float32), 0, 0.5 if i else 0.0) for i in range(3)]
    field = np.zeros((28, 28), np.uint8)
    spans = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3)]
    candidates = [Candidate(a, b, (0, 20 * a, 40, 20 * b), field, 0.1) for a, b in spans]
    assert best_segmentation(atoms, 40.0, candidates, np.log([0.9, 0.3, 0.9, 0.2, 0.99, 0.2])) == [0, 4]
    assert best_segmentation(atoms, 40.0, candidates, np.log([0.9, 0.3, 0.9, 0.99, 0.2, 0.2])) == [3, 2]
    assert best_segmentation(atoms, 90.0, candidates, np.full(6, -9.0)) == []


def test_what_is_low_or_high_in_its_line_is_less_likely_a_digit():
    """As the loop of a 9 is, which alone would be a clear 0."""
    costs = []
    for top in (0, 4, 10, 20):
        (candidate,) = candidates_of([Atom((top, 0, 40, 20), np.ones((40 - top, 20), np.float32), 0, 0.0)], 40.0)
        costs.append(candidate.cost)
    assert costs == pytest.approx([0, 0, 0.23, 0.805])
    (high,) = candidates_of([Atom((0, 0, 50, 20), np.ones((50, 20), np.float32), 0, 0.0)], 40.0)
    assert high.cost == pytest.approx(0.2)


def test_a_zigzag_is_no_row_of_ones(model):
    """Whose cuts leave strokes that are ones, each alone; apart they are."""
    ends = [(5 + 34 * i, 3 if i % 2 else 56) for i in range(4)]
    strokes = [cv2.line(np.zeros((60, 112), np.uint8), a, b, 255, 6) / np.float32(255) for a, b in pairwise(ends)]
    (signs,) = signs_of([[Component((0, 0, 60, 112), np.maximum.reduce(strokes), 6.0)]], model, 0.5)
    assert [sign.digit for sign in signs] == [None]
    apart = [Component((0, 60 * i, 60, 60 * i + 112), stroke, 6.0) for i, stroke in enumerate(strokes)]
    (signs,) = signs_of([apart], model, 0.5)
    assert [sign.digit for sign in signs] == [1, 1, 1]


UPRIGHT = np.array([[1.0, 0, 0], [0, 1, 0]])


def rules(rows, columns, length=900):
    level = [Rule(0, np.full(length, float(row)), 3.0, False) for row in rows]
    return level + [Rule(0, np.full(length, float(column)), 3.0, True) for column in columns]


def test_the_cells_of_a_row_are_one_line():
    """Written higher in one cell than in the next; of two lines in one cell, and outside a table, none is joined."""
    first, second = [component(110, 40, 50, 30), component(112, 80, 50, 30)], [component(145, 330, 50, 30)]
    grid = Grid(rules([100, 200, 300], [20, 300, 600]), UPRIGHT)
    assert grid.with_whole_rows([first, second]) == [[*first, *second]]
    assert Grid([], UPRIGHT).with_whole_rows([first, second]) == [first, second]
    below = [component(215, 330, 50, 30)]
    assert grid.with_whole_rows([first, below]) == [first, below]
    above_each_other = [[component(105, 40, 40, 30)], [component(150, 44, 40, 30)]]
    assert grid.with_whole_rows(above_each_other) == above_each_other
    squared = Grid(rules(range(0, 900, 40), range(0, 900, 40)), UPRIGHT)
    assert squared.with_whole_rows([first, second]) == [first, second]


def test_a_column_ends_at_its_line():
    boxes = [(110, left, 160, left + 30) for left in (240, 310, 350)]
    grid = Grid(rules([100, 200], [20, 300, 600]), UPRIGHT)
    assert grid.columns_end(boxes) == [False, True, False]
    turned = np.array([[0.0, -1, 900], [1, 0, 0]])  # the page was photographed on its side
    on_its_side = [Rule(0, np.full(900, 900.0 - row), 3.0, True) for row in (100, 200)]
    on_its_side += [Rule(0, np.full(900, float(column)), 3.0, False) for column in (20, 300, 600)]
    assert not any(Grid(on_its_side, turned).columns_end(boxes)), "upright means upright in the photograph"
    squared = Grid(rules(range(0, 900, 40), range(0, 900, 40)), UPRIGHT)
    assert squared.columns_end(boxes) == [False, False, False]
    assert grid.columns_end([]) == []


def sign(left, digit, confidence, height=40, width=24):
    return Sign((100, left, 100 + height, left + width), digit, confidence)


def test_digits_in_words_of_letters_are_refused():
    number = [sign(30 * i, i, 0.99) for i in range(3)]
    unclear = [sign(90, 7, 0.5)]
    word = [
        sign(300 + 30 * i, digit, p) for i, (digit, p) in enumerate([(8, 0.1), (0, 0.9), (0, 0.9), (4, 0.1), (1, 0.2)])
    ]
    speck = [sign(600, 1, 0.99, height=8, width=6)]
    assert digits_among(number + unclear + word + speck, 0.7) == number + unclear
    assert digits_among(word[:1], 0.7) == []


def test_a_line_of_nothing_but_low_ones_is_dirt():
    """Beside a page's digits; a low line with another digit stays, and so does a page of nothing but ones."""

    def line(digits, height):
        return [Sign((0, 30 * i, height, 30 * i + 20), digit, 0.9) for i, digit in enumerate(digits)]

    page, small, low, high = line([2, 0, 6], 50), line([7, 1], 20), line([1, 1], 29), line([1], 30)
    assert without_specks([page, low, small, high, []]) == [page, small, high]
    assert without_specks([low, high]) == [low, high]


def test_spaces_at_wide_gaps():
    boxes = [(0, left, 40, left + 24) for left in (0, 30, 60, 130, 160)]
    assert spaces_before(boxes) == [False, False, False, True, False]
    assert spaces_before([(0, left, 40, left + 24) for left in (0, 50, 100)]) == [False, False, False]
    assert spaces_before([]) == []


def test_spaces_between_short_words():
    """More spaces than other gaps: 8 3 86 72."""
    boxes = [(0, left, 40, left + 24) for left in (0, 64, 128, 158, 222, 252)]
    assert spaces_before(boxes) == [False, True, True, False, True, False]


@pytest.mark.parametrize("count", [0, 3, 8, 40])
def test_a_path_of_few_points(count):
    points = np.arange(count, dtype=np.float64)
    assert _agreeing(points, points / 2, 1.0).sum() in (0, count)
