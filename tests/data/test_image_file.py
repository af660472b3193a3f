import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from nural.data import DataError, image_file, pages, prepare
from nural.data.image_file import read_contrast, read_greyscale, upright_size

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


def of_depth(levels: np.ndarray, kind: str) -> Image.Image:
    """Grey levels as a picture in another mode of Pillow's, or of another depth."""
    height, width = levels.shape
    wide = levels.astype(np.uint16) * 257
    match kind:
        case "I;16" | "I;16L" | "I;16N":
            return Image.frombytes(kind, (width, height), wide.tobytes())
        case "I;16B":
            return Image.frombytes(kind, (width, height), wide.astype(">u2").tobytes())
        case "8 of 16 bits":
            return Image.fromarray(levels.astype(np.uint16))
        case "12 of 16 bits":
            return Image.fromarray(np.rint(levels.astype(float) * 4095 / 255).astype(np.uint16))
        case "32 bits":
            return Image.fromarray(wide.astype(np.int32))
        case "8 of 32 bits":
            return Image.fromarray(levels.astype(np.int32))
        case "floats to 1":
            return Image.fromarray((levels / np.float32(255)).astype(np.float32))
        case "floats to 65535":
            return Image.fromarray(wide.astype(np.float32))
        case "RGBa":
            return Image.fromarray(levels).convert("RGBA").convert("RGBa")
        case "La" | "PA":
            return Image.fromarray(levels).convert("LA" if kind == "La" else "P").convert(kind)
        case "HSV" | "YCbCr":
            return Image.fromarray(levels).convert("RGB").convert(kind)
    return Image.fromarray(levels).convert(kind)


OF_16 = ["I;16", "I;16B", "I;16L", "I;16N", "8 of 16 bits", "12 of 16 bits"]
OF_32 = ["I", "F", "32 bits", "8 of 32 bits", "floats to 1", "floats to 65535"]
OTHERS = ["L", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LA", "PA", "RGBa", "La"]


@pytest.mark.parametrize("kind", OF_16 + OF_32 + OTHERS)
def test_modes_and_depths(kind):
    levels = np.where(GREY == 199, np.uint8(250), GREY)  # 16 bits in use are more than 12
    picture = of_depth(levels, kind)
    for read in (read_greyscale, lambda image, source: read_contrast(image, source, 1000)):
        assert np.abs(read(picture, "file").astype(int) - levels).max() <= 1
        if kind not in ("HSV", "RGBa", "La", "I;16N"):  # which no file holds
            assert np.abs(read(saved(picture, "TIFF"), "file").astype(int) - levels).max() <= 1


def test_the_colours_of_lab():
    lab = Image.merge("LAB", [Image.fromarray(GREY), *(Image.new("L", (20, 10), 128) for _ in range(2))])
    assert (np.diff(read_greyscale(saved(lab, "TIFF"), "file").ravel().astype(int)) >= 0).all()


def test_levels_without_a_known_white_are_stretched():
    ramp = np.linspace(-1, 1, 256, dtype=np.float32).reshape(8, 32)
    for levels in (ramp, ramp * 1000, (ramp + 1) * 1e6, (ramp * 30_000).astype(np.int32)):
        read = read_greyscale(Image.fromarray(levels), "file").ravel().astype(int)
        assert (read[0], read[-1]) == (0, 255)
        assert np.abs(read - np.arange(256)).max() <= 1
    assert (read_greyscale(Image.fromarray(0 * ramp - 5), "file") == 0).all()


def test_levels_that_are_no_numbers():
    with pytest.raises(DataError, match="file: expected finite grey levels, found NaN or infinity among them"):
        read_greyscale(Image.fromarray(np.array([[0.0, np.nan]], np.float32)), "file")


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


def drawn(place: int) -> Image.Image:
    """A page with a bar at this place."""
    levels = np.full((60, 80), 230, np.uint8)
    levels[10:50, 10 * place : 10 * place + 5] = 20
    return Image.fromarray(levels)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG"])
def test_every_page_of_a_file(tmp_path, kind):
    path = tmp_path / f"scan.{kind.lower()}"
    options = {"lossless": True} if kind == "WEBP" else {}
    drawn(1).save(path, kind, save_all=True, append_images=[drawn(3), drawn(5)], **options)
    found = list(pages(path))
    assert [getattr(page, "filename", None) for page in found] == [f"{path}, page {number}" for number in (1, 2, 3)]
    for page, place in zip(found, (1, 3, 5), strict=True):
        assert not isinstance(page, Path)
        assert np.abs(read_greyscale(page, "file").astype(int) - np.asarray(drawn(place))).max() <= 1
        assert prepare(page).shape == (28, 28)
    with pytest.raises(
        DataError, match=r"scan.*: expected a picture of one page, found 3 pages, which nural.data.pages"
    ):
        prepare(path)


def test_a_file_of_one_page_is_its_path(tmp_path):
    for kind in ("PNG", "JPEG", "TIFF", "GIF", "WEBP"):
        drawn(1).save(tmp_path / "one", kind)
        assert list(pages(tmp_path / "one")) == [tmp_path / "one"]
    drawn(1).save(tmp_path / "stereo", "MPO", save_all=True, append_images=[drawn(3)])
    assert list(pages(tmp_path / "stereo")) == [tmp_path / "stereo"]


def test_small_copies_and_masks_in_a_tiff_are_no_pages(tmp_path):
    path = tmp_path / "scan.tif"
    small = drawn(2).resize((8, 6))
    with TiffImagePlugin.AppendingTiffWriter(str(path), True) as file:
        for picture, kind, orientation in ((small, 1, 1), (drawn(1), 0, 1), (drawn(4), 4, 1), (drawn(3), 2, 6)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254], tags[274] = kind, orientation
            picture.save(file, "TIFF", tiffinfo=tags)
            file.newFrame()
    first, second = list[Any](pages(path))
    assert (read_greyscale(first, "file") == np.asarray(drawn(1))).all()
    assert (read_greyscale(second, "file") == np.rot90(np.asarray(drawn(3)), -1)).all()


def test_the_one_page_behind_a_small_copy(tmp_path):
    path = tmp_path / "scan.tif"
    with TiffImagePlugin.AppendingTiffWriter(str(path), True) as file:
        for picture, kind in ((drawn(2).resize((8, 6)), 1), (drawn(1), 0)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = kind
            picture.save(file, "TIFF", tiffinfo=tags)
            file.newFrame()
    with path.open("rb") as file:
        assert (read_greyscale(file, "file") == np.asarray(drawn(1))).all()
        assert upright_size(file, "file") == (80, 60)


def test_a_damaged_page_is_named(tmp_path):
    path = tmp_path / "scan.tif"
    drawn(1).save(path, save_all=True, append_images=[drawn(2)], compression="tiff_adobe_deflate")
    content = bytearray(path.read_bytes())
    with Image.open(path) as picture:
        picture.seek(1)
        (start,), (length,) = picture.tag_v2[273], picture.tag_v2[279]  # pyright: ignore[reportAttributeAccessIssue]
    content[start : start + length] = bytes(length)
    path.write_bytes(content)
    read = pages(path)
    next(read)
    with pytest.raises(DataError, match=r"scan.tif, page 2: expected an undamaged picture"):
        next(read)
