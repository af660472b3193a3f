"""Printed signs, in the fonts that come with Matplotlib."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nural.data.digits import PIXELS, SIDE
from nural.data.image import prepare

#: Those that a reader may take for a digit (B, I, O, S, Z, b, g, l, o, q, s, z) are left out, as in `LETTERS`.
SIGNS = "ACDEFGHJKLMNPQRTUVWXYacdefhijkmnprtuvwxy&@#%?=+*<~"
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic"),
    *("cmr10", "cmb10", "cmss10", "cmtt10"),
)
_HEIGHT, _PAGE = 48, 100


def printed_letters(count: int, rng: np.random.Generator) -> np.ndarray:
    """Letters and signs, each of a random font: float32 ``(count, 784)``."""
    return printed([SIGNS[i] for i in rng.integers(len(SIGNS), size=count)], rng)


def printed(signs: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """These signs as `prepare` finds them on a page, each of a random font: float32 ``(len(signs), 784)``."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    fonts = [ImageFont.truetype(folder / f"{name}.ttf", _HEIGHT) for name in FONTS]
    result = np.empty((len(signs), SIDE, SIDE), np.float32)
    for picture, sign in zip(result, signs, strict=True):
        page = Image.new("L", (_PAGE, _PAGE), 255)
        font = fonts[rng.integers(len(fonts))]
        ImageDraw.Draw(page).text((_PAGE / 2, _PAGE / 2), sign, fill=0, font=font, anchor="mm")
        picture[...] = prepare(np.asarray(page))
    return result.reshape(len(signs), PIXELS)
