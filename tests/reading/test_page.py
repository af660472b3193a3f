"""Whole pages, with what makes them hard one at a time."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from nural.data import DataError
from nural.reading import read_page

LINES = ["2026 11 21", "730 4896", "5"]


def paper(ink, light=230.0, dark=50.0):
    return np.rint(light + (dark - light) * ink).astype(np.uint8)


def texts(page):
    return [line.text() for line in page.lines]


def test_lines_with_spaces_and_boxes(written, model):
    ink, boxes = written(LINES)
    page = read_page(paper(ink), model)
    assert texts(page) == LINES
    found = [digit.box for line in page.lines for digit in line.digits]
    assert np.abs(np.array(found) - boxes).max() <= 3
    assert page.size == (900, 700)


def test_several_threads_read_with_one_model(written, model):
    pages = [paper(written([text])[0]) for text in ("2026 11 21", "730 4896", "5", "31 52")]
    expected = [read_page(page, model) for page in pages]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda page: read_page(page, model), 2 * pages)) == 2 * expected


def test_chalk(written, model):
    assert texts(read_page(paper(written(LINES)[0], 50.0, 220.0), model)) == LINES


def test_pencil_in_a_shadow(written, model, rng):
    levels = paper(written(LINES)[0], 225.0, 150.0) * np.where(np.arange(900) < 430, 1.0, 0.5)
    assert texts(read_page((levels + rng.normal(0, 1.5, levels.shape)).astype(np.uint8), model)) == LINES


@pytest.mark.parametrize(
    "upright",
    [
        None,
        15,
        pytest.param(25, marks=pytest.mark.xfail(strict=True, reason="a 7 whose bar a line crosses is left out")),
    ],
)
def test_ruled_and_squared_paper(written, model, upright):
    levels = paper(written(LINES)[0])
    ruled = levels.copy()
    ruled[40::44] = np.minimum(ruled[40::44], 150)
    ruled[41::44] = np.minimum(ruled[41::44], 150)
    if upright is not None:
        ruled[:, upright::44] = np.minimum(ruled[:, upright::44], 150)
    assert texts(read_page(ruled, model)) == LINES


@pytest.mark.parametrize("degrees", [-14, 14])
def test_a_tilted_page(written, model, degrees):
    ink, _ = written(["2026 11 21", "730 48967", "52 6308"], shape=(900, 1100), top=200, left=150)
    turned = Image.fromarray(paper(ink)).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=230)
    assert texts(read_page(np.asarray(turned), model)) == ["2026 11 21", "730 48967", "52 6308"]


def test_a_page_on_a_desk(written, model, rng):
    desk = np.full((1000, 1300), 90.0) + 12 * rng.standard_normal((1000, 1))
    desk[150:850, 200:1100] = paper(written(LINES)[0])
    assert texts(read_page(desk.clip(0, 255).astype(np.uint8), model)) == LINES


def test_a_photograph_on_its_side_with_boxes_in_its_own_pixels(written, model):
    ink, boxes = written(LINES, height=150, shape=(2000, 3100), top=200, left=200, pitch=400)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(paper(ink)).transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=90, exif=exif)
    page = read_page(file, model)
    assert page.size == (3100, 2000)
    assert texts(page) == LINES
    found = [digit.box for line in page.lines for digit in line.digits]
    assert np.abs(np.array(found) - boxes).max() <= 8


def test_no_digits(model, rng):
    assert read_page(np.full((300, 400), 240, np.uint8), model).lines == []
    assert read_page(rng.integers(190, 220, (300, 400)).astype(np.uint8), model).lines == []
    assert read_page(np.full((1, 1), 240, np.uint8), model).lines == []


def test_unusable_pictures(model, tmp_path):
    with pytest.raises(DataError, match="expected a uint8 array"):
        read_page(np.zeros((4, 4, 3), np.uint8), model)
    path = tmp_path / "note.txt"
    path.write_text("no picture")
    with pytest.raises(DataError, match=r"note\.txt: expected an undamaged picture"):
        read_page(path, model)
