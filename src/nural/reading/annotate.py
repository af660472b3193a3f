"""A page with what was read drawn over it. Needs Pillow (extra ``app``)."""

import io
import os

import numpy as np

from nural.overwriting import PNG_TEXT
from nural.reading.page import Page

_SURE, _UNSURE = (20, 120, 220), (230, 110, 20)
_LONGEST = 2000  # pixels of the longer side of the drawing


def annotate(image: str | os.PathLike[str], page: Page, threshold: float) -> bytes:
    """Draw each digit's box and value, as PNG; digits below the threshold in another colour, as "?".

    Args:
        image: The picture that was read.
        page: The page that was read from it.
        threshold: The confidence from which a digit is sure.

    Raises:
        DataError: The picture cannot be read.
    """
    from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

    from nural.data.image_file import read_colours

    picture = Image.fromarray(read_colours(image, _LONGEST))
    scale = np.array([picture.width / page.size[0], picture.height / page.size[1]] * 2)
    draw = ImageDraw.Draw(picture)
    width = max(1, round(max(picture.size) / 900))
    for digit in (digit for line in page.lines for digit in line.digits):
        box = [float(v) for v in np.array(digit.box) * scale]
        sure = digit.confidence >= threshold
        colour = _SURE if sure else _UNSURE
        draw.rectangle(box, outline=colour, width=width)
        size = float(np.clip(0.5 * (box[3] - box[1]), 10, 60))
        sign = str(digit.digit) if sure else "?"
        draw.text((box[0], box[1]), sign, fill=colour, font=ImageFont.load_default(size), anchor="lb")
    content, text = io.BytesIO(), PngImagePlugin.PngInfo()
    for name, value in PNG_TEXT.items():
        text.add_text(name, value)
    picture.save(content, "PNG", pnginfo=text)
    return content.getvalue()
