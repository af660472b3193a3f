"""Pictures as grey levels, decoded by Pillow within bounds."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nural.data.colour import contrasting_grey
from nural.data.data_error import DataError
from nural.data.depth import eight_bits
from nural.data.silence import Silence
from nural.data.source_file import read_file

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 70_000_000  # telephones take 50 and 64 million; each costs some 20 bytes
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # Pillow has others, one of which runs a program
_PAGED = ("GIF", "PNG", "TIFF", "WEBP")
_ORIENTATION = 0x0112
_SUBFILE_TYPE, _NO_PAGE = 254, 0b101  # TIFF's tag, and its bits for a small copy and a mask
_CONVERTED = {"La": "LA", "LAB": "RGB"}  # modes that Pillow does not convert to all others
_GREY = ("1", "L", "LA")  # modes, of eight bits at most
_SILENCE = Silence()


def read_greyscale(image: "IO[bytes] | Image", source: str | os.PathLike[str]) -> np.ndarray:
    """Decode a picture: turned upright by its EXIF orientation, opaque, grey.

    Args:
        image: An open file, or Pillow's image.
        source: The picture's name in errors.

    Returns:
        uint8 ``(H, W)``, 0 for black.

    Raises:
        DataError: it is no picture, is damaged, or has more than ``MAX_PIXELS``.
    """
    return _decode(image, source, _grey_levels)


def read_picture(image: "IO[bytes] | Image", source: str | os.PathLike[str]) -> np.ndarray:
    """Decode a picture, upright, in its own size and colours; transparent parts are laid over white.

    The arguments and errors are those of ``read_greyscale``.

    Returns:
        uint8 ``(H, W, 3)``, or ``(H, W)`` if all its pixels are grey.
    """
    return _decode(image, source, _own_levels)


def read_contrast(image: "IO[bytes] | Image", source: str | os.PathLike[str], longest: int) -> np.ndarray:
    """Decode a picture of a drawing like ``read_greyscale``, but to the grey levels in which the drawing stands out.

    Args:
        image: An open file, or Pillow's image.
        source: The picture's name in errors.
        longest: How many pixels of the longer side are enough for the caller. A picture of at least twice as many is
            reduced to between one and two times this number.

    Returns:
        uint8 ``(H, W)``.

    Raises:
        DataError: as ``read_greyscale``.
    """
    return _decode(image, source, lambda picture: _contrasting_levels(picture, longest), longest)


def read_colours(path: str | os.PathLike[str], longest: int) -> np.ndarray:
    """Decode a picture file in colour, upright, reduced as by ``read_contrast``: uint8 ``(H, W, 3)``.

    Raises:
        DataError: as ``read_greyscale``, or the file cannot be read.
    """
    content = io.BytesIO(read_file(Path(path)))
    return _decode(content, path, lambda picture: np.asarray(_reduced(picture.convert("RGB"), longest)), longest)


def pages(path: str | os.PathLike[str]) -> "Iterator[Path | Image]":
    """Each page of a picture file, in the form in which `prepare` and `read_page` take it.

    The pages of a TIFF, without the small copies and masks that may lie between them; the frames of a GIF, WebP or PNG.
    Other formats have one page: of several pictures in one JPEG file it is the first; the others are versions of it.

    Yields:
            For a file with one page, its path; else Pillow's images, upright, whose ``filename`` names the page.

    Raises:
        DataError: as ``read_greyscale``, at the page that is damaged or too large.
    """
    from PIL import ImageOps

    path = Path(path)
    content = io.BytesIO(read_file(path))
    with _damage_told(path):
        picture = _opened(content)
        places = _places_of_pages(picture)
    if places == [0]:
        yield path
        return
    for number, place in enumerate(places, start=1):
        name = f"{path}, page {number}"
        with _damage_told(name):
            picture.seek(place)
            _require_size(picture, name)
            page: Any = ImageOps.exif_transpose(picture)
        page.filename = name
        yield page


def upright_size(image: "IO[bytes] | Image", source: str | os.PathLike[str]) -> tuple[int, int]:
    """Width and height of a picture, turned upright; the arguments and errors are those of ``read_greyscale``."""
    with _damage_told(source):
        picture = _only_page(image, source)
        width, height = picture.size
        turned = picture.getexif().get(_ORIENTATION, 1) >= 5  # orientations that turn the picture on its side
        return (height, width) if turned else (width, height)


def _decode(
    image: "IO[bytes] | Image",
    source: str | os.PathLike[str],
    levels: "Callable[[Image], np.ndarray]",
    longest: int | None = None,
) -> np.ndarray:
    from PIL import ImageOps

    with _damage_told(source):
        picture = _only_page(image, source)
        _require_size(picture, source)
        if longest and picture is not image:
            picture.draft(None, (longest, longest))  # JPEG's decoder can skip finer detail
        return levels(_in_eight_bits(ImageOps.exif_transpose(picture), source))


def _only_page(image: "IO[bytes] | Image", source: str | os.PathLike[str]) -> "Image":
    from PIL import Image

    if isinstance(image, Image.Image):
        return image
    picture = _opened(image)
    place, *others = _places_of_pages(picture)
    if others:
        found = f"{1 + len(others)} pages, which nural.data.pages takes apart"
        raise DataError(source, "a picture of one page", found)
    picture.seek(place)
    return picture


def _opened(content: IO[bytes]) -> "Image":
    from PIL import Image

    return Image.open(content, formats=_FORMATS)


def _places_of_pages(picture: "Image") -> list[int]:
    """The indices of those of a file's pictures that are pages."""
    places = list(range(getattr(picture, "n_frames", 1))) if picture.format in _PAGED else [0]
    if picture.format != "TIFF" or len(places) == 1:
        return places
    whole = []
    for place in places:
        picture.seek(place)
        tags: Any = picture
        if not tags.tag_v2.get(_SUBFILE_TYPE, 0) & _NO_PAGE:
            whole.append(place)
    picture.seek(0)
    return whole or places[:1]


def _require_size(picture: "Image", source: str | os.PathLike[str]) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise DataError(source, f"at most {MAX_PIXELS} pixels", f"{picture.width}×{picture.height}")


@contextmanager
def _damage_told(source: str | os.PathLike[str]) -> Iterator[None]:
    """Turn whatever Pillow raises into a DataError."""
    from PIL import Image

    with _SILENCE:  # what Pillow warns of is harmless, or fails here
        try:
            yield
        except DataError:
            raise
        except Image.DecompressionBombError as error:  # Pillow's own bound, which it checks first
            raise DataError(source, f"at most {MAX_PIXELS} pixels", "more") from error
        except Exception as error:  # Pillow's decoders answer damage with errors of every type
            raise DataError(source, f"an undamaged picture ({', '.join(_FORMATS)})", "another file") from error


def _in_eight_bits(picture: "Image", source: str | os.PathLike[str]) -> "Image":
    """A picture in one of the modes that Pillow converts to grey and to colours without clipping to black or white."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":  # Pillow would clip them, not scale them
        return Image.fromarray(eight_bits(np.asarray(picture), source))
    return picture.convert(_CONVERTED[picture.mode]) if picture.mode in _CONVERTED else picture


def _grey_levels(picture: "Image") -> np.ndarray:
    if picture.has_transparency_data:
        return _lay_over_ground(np.asarray(picture.convert("RGBA").convert("LA")))
    return np.asarray(picture.convert("L"))


def _own_levels(picture: "Image") -> np.ndarray:
    from PIL import Image

    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    elif picture.mode in _GREY:
        return _grey_levels(picture)
    levels = np.asarray(picture.convert("RGB"))
    return levels[..., 0] if (levels == levels[..., :1]).all() else levels


def _contrasting_levels(picture: "Image", longest: int) -> np.ndarray:
    if picture.mode in _GREY or picture.has_transparency_data:
        return reduced(_grey_levels(picture), longest)
    return contrasting_grey(_reduced(picture.convert("RGB"), longest))


def reduced(levels: np.ndarray, longest: int) -> np.ndarray:
    """Average squares of pixels, if that leaves at least ``longest`` at the longer side: uint8 ``(h, w)``."""
    from PIL import Image

    return levels if max(levels.shape) < 2 * longest else np.asarray(_reduced(Image.fromarray(levels), longest))


def _reduced(picture: "Image", longest: int) -> "Image":
    return picture.reduce(max(1, max(picture.size) // longest))


def _lay_over_ground(grey_and_alpha: np.ndarray) -> np.ndarray:
    """Lay a picture over white; but over black if all its ink is light and would vanish on white."""
    grey, alpha = grey_and_alpha[..., 0].astype(np.uint16), grey_and_alpha[..., 1]
    ground = 0 if grey.min(where=alpha >= 128, initial=255) >= 128 else 255
    return ((grey * alpha + ground * (255 - alpha.astype(np.uint16)) + 127) // 255).astype(np.uint8)
