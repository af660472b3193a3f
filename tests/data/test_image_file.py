import io

import numpy as np
import pytest
from PIL import Image

from nural.data import DataError, image_file
from nural.data.image_file import read_greyscale

GREY = np.arange(200, dtype=np.uint8).reshape(10, 20)


def saved(image: Image.Image, kind: str = "PNG", **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_levels(kind, mode):
    image = Image.fromarray(GREY).convert(mode)
    assert np.abs(read_greyscale(saved(image, kind), "file").astype(int) - GREY).max() <= 1


def test_16_bits_are_scaled():
    image = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert (read_greyscale(saved(image), "file") == GREY).all()


def test_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    assert (read_greyscale(saved(Image.fromarray(GREY), exif=exif), "file") == np.rot90(GREY, -1)).all()


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (60, 255), (200, 0), (255, 0)])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_ground_contrasts_with_the_ink(ink, ground, mode):
    image = Image.new("LA", (20, 20), (ink, 0))
    image.paste((ink, 255), (5, 5, 10, 15))
    grey = read_greyscale(saved(image.convert(mode)), "file")
    assert grey[7, 7] == ink
    assert grey[0, 0] == ground


def test_palette_with_transparency():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.putpixel((1, 1), 1)
    grey = read_greyscale(saved(image, transparency=bytes([0, 255])), "file")
    assert grey.tolist()[1] == [0, 255, 0, 0]


def test_too_many_pixels(monkeypatch):
    monkeypatch.setattr(image_file, "MAX_PIXELS", 199)
    with pytest.raises(DataError, match="file: expected at most 199 pixels, found 20×10"):
        read_greyscale(saved(Image.fromarray(GREY)), "file")


def test_pillows_own_bound(monkeypatch):
    file = saved(Image.fromarray(GREY))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60)
    with pytest.raises(DataError, match=r"file: expected at most \d+ pixels, found more"):
        read_greyscale(file, "file")


@pytest.mark.parametrize("content", [b"", b"text", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_picture(content):
    with pytest.raises(DataError, match=r"file: expected an undamaged picture \(BMP, .*, WEBP\), found another file"):
        read_greyscale(io.BytesIO(content), "file")


def test_truncated_picture():
    content = saved(Image.fromarray(GREY)).getvalue()
    with pytest.raises(DataError, match=r"file: expected an undamaged picture \(BMP, .*, WEBP\), found another file"):
        read_greyscale(io.BytesIO(content[: len(content) // 2]), "file")
