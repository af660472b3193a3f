"""Pictures of digits as people bring them: what pen, paper, light and camera do to a digit of MNIST.

Each function of ``DISTURBANCES`` takes a digit ``(28, 28)`` from 0 to 1 and a generator, and gives a Pillow image or a
file. Those of ``EMPTY`` take the generator alone and give a picture that shows no digit.
"""

import io

import numpy as np
from PIL import Image, ImageFilter

SIZE = 360


def strokes_of(digit, size, thickness=0.0):
    """The digit's strokes with sharp edges, ``(size, size)`` from 0 to 1, thicker or thinner by pixels of MNIST's."""
    scale = size / 28
    large = Image.fromarray(digit.astype(np.float32)).resize((size, size), Image.Resampling.BICUBIC)
    solid = np.asarray(large) > 0.5
    picture = Image.fromarray((255 * solid).astype(np.uint8))
    radius = round(abs(thickness) * scale / 2)
    for _ in range(radius):  # a cross and a square in turn: nearly a disc
        kind = ImageFilter.MaxFilter if thickness > 0 else ImageFilter.MinFilter
        picture = picture.filter(kind(3))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(max(0.6, size / 500))), np.float64) / 255


def skeleton_of(digit, size, width):
    """The digit as a hairline: the middle of its strokes, ``width`` pixels wide."""
    solid = strokes_of(digit, size) > 0.5
    left = solid
    lines = np.zeros_like(solid)
    while left.any():  # Lantuéjoul's skeleton
        eroded = np.asarray(Image.fromarray(left).convert("L").filter(ImageFilter.MinFilter(3))) > 0
        opened = np.asarray(Image.fromarray(eroded).convert("L").filter(ImageFilter.MaxFilter(3))) > 0
        lines |= left & ~opened
        left = eroded
    thick = Image.fromarray(lines).convert("L").filter(ImageFilter.MaxFilter(5))
    thin = thick.filter(ImageFilter.MinFilter(3)) if width < 4 else thick
    return np.asarray(thin.filter(ImageFilter.GaussianBlur(0.7)), np.float64) / 255


def lay(strokes, rng, height=SIZE, width=SIZE):
    """Strokes somewhere on a larger sheet, entirely inside it."""
    sheet = np.zeros((height, width))
    top, left = (int(rng.integers(0, room + 1)) for room in (height - strokes.shape[0], width - strokes.shape[1]))
    sheet[top : top + strokes.shape[0], left : left + strokes.shape[1]] = strokes
    return sheet


def written(digit, rng, size=240, height=SIZE, width=SIZE, thickness=0.0):
    strokes = strokes_of(digit, size, thickness)
    if thickness < 0:  # a thinner pen does not break the strokes
        strokes = np.maximum(strokes, skeleton_of(digit, size, 4))
    return lay(strokes, rng, height, width)


def ramp(rng, shape):
    """From 0 to 1 across the picture, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    along = np.cos(angle) * columns + np.sin(angle) * rows
    return (along - along.min()) / np.ptp(along)


def shadow(rng, shape, softness, depth):
    """A shadow's edge across the picture; 1 in the light."""
    along = ramp(rng, shape) - rng.uniform(0.3, 0.7)
    return 1 - depth / (1 + np.exp(np.clip(along / softness, -50, 50)))


def rules(rng, shape, spacing, thickness, tilt=0.0, upright=False):
    """Ruled lines, 1 on a line, tilted by degrees."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    angle = np.radians(tilt)
    across = (
        columns * np.cos(angle) + rows * np.sin(angle) if upright else rows * np.cos(angle) - columns * np.sin(angle)
    )
    distance = np.abs((across + rng.uniform(0, spacing)) % spacing - spacing / 2)
    return np.clip(thickness / 2 + 0.5 - distance, 0, 1)


def squares(rng, shape, spacing, thickness, tilt=0.0):
    return np.maximum(
        rules(rng, shape, spacing, thickness, tilt), rules(rng, shape, spacing, thickness, tilt, upright=True)
    )


def grain(rng, shape, strength, size=1):
    """Paper's grain: noise of one size of spot."""
    noise = rng.standard_normal((-(-shape[0] // size), -(-shape[1] // size)))
    return strength * np.kron(noise, np.ones((size, size)))[: shape[0], : shape[1]]


def picture(levels):
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def draw(strokes, paper, ink=30.0):
    return paper + (ink - paper) * strokes


def coloured(strokes, paper, ink, lines=None, line_colour=(0, 0, 0)):
    levels = np.broadcast_to(np.array(paper, np.float64), (*strokes.shape, 3))
    if lines is not None:
        levels = levels + (np.array(line_colour) - levels) * lines[..., None]
    levels = levels + (np.array(ink) - levels) * strokes[..., None]
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def jpeg(image, quality, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **options)
    file.seek(0)
    return file


def clean(digit, rng):
    return picture(draw(written(digit, rng), 255.0, 0.0))


def tiny(digit, rng):
    return picture(draw(written(digit, rng, size=80, height=480, width=640), 240.0))


def huge(digit, rng):
    return picture(draw(written(digit, rng, size=1350, height=1400, width=1500), 240.0))


def off_centre(digit, rng):
    sheet = np.zeros((SIZE, SIZE))
    sheet[:150, -150:] = strokes_of(digit, 150)
    return picture(draw(sheet, 240.0))


def gradient(digit, rng):
    strokes = written(digit, rng)
    return picture(draw(strokes, 230.0, 40.0) * (0.35 + 0.65 * ramp(rng, strokes.shape)))


def vignette(digit, rng):
    rows, columns = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    return picture(draw(written(digit, rng), 235.0, 40.0) * (1 - 0.3 * (rows**2 + columns**2)))


def soft_shadow(digit, rng):
    strokes = written(digit, rng)
    return picture(draw(strokes, 225.0, 35.0) * shadow(rng, strokes.shape, 0.04, 0.55))


def hard_shadow(digit, rng):
    strokes = written(digit, rng)
    return picture(draw(strokes, 225.0, 35.0) * shadow(rng, strokes.shape, 0.003, 0.5))


def paper_grain(digit, rng):
    strokes = written(digit, rng)
    return picture(draw(strokes, 200.0, 70.0) + grain(rng, strokes.shape, 14) + grain(rng, strokes.shape, 5, 3))


def specks(digit, rng):
    strokes = written(digit, rng)
    levels = draw(strokes, 235.0)
    for _ in range(12):
        row, column = rng.integers(5, SIZE - 5, 2)
        side = int(rng.integers(1, 5))
        levels[row : row + side, column : column + side] = rng.uniform(20, 120)
    return picture(levels)


def coarse_jpeg(digit, rng):
    return jpeg(picture(draw(written(digit, rng), 220.0, 60.0)), 8)


def blue_rules(digit, rng):
    strokes = written(digit, rng)
    lines = rules(rng, strokes.shape, rng.uniform(40, 90), rng.uniform(1.5, 3), rng.uniform(-2, 2))
    return coloured(strokes, (245, 245, 240), (20, 25, 60), lines, (120, 150, 220))


def dark_rules(digit, rng):
    strokes = written(digit, rng)
    lines = rules(rng, strokes.shape, rng.uniform(40, 90), rng.uniform(1.5, 3), rng.uniform(-3, 3))
    return coloured(strokes, (240, 240, 240), (40, 40, 40), lines, (40, 40, 40))


def red_rules_pencil(digit, rng):
    strokes = written(digit, rng, thickness=-1.0)
    lines = rules(rng, strokes.shape, rng.uniform(40, 90), 2, rng.uniform(-2, 2))
    return coloured(strokes, (235, 232, 225), (110, 110, 112), lines, (230, 130, 130))


def grey_squares(digit, rng):
    strokes = written(digit, rng)
    lines = squares(rng, strokes.shape, rng.uniform(25, 60), rng.uniform(1.2, 2.5), rng.uniform(-2, 2))
    return coloured(strokes, (240, 240, 240), (40, 40, 45), lines, (150, 150, 150))


def dark_squares_tilted(digit, rng):
    strokes = written(digit, rng)
    lines = squares(rng, strokes.shape, rng.uniform(35, 70), rng.uniform(1.5, 2.5), rng.uniform(-10, 10))
    return coloured(strokes, (240, 240, 240), (30, 30, 80), lines, (60, 60, 90))


def squares_shadow_grain(digit, rng):
    strokes = written(digit, rng, size=260, height=480, width=640)
    lines = squares(rng, strokes.shape, rng.uniform(40, 60), 2, rng.uniform(-5, 5))
    levels = draw(strokes, 230 - 70 * lines, 50.0) * shadow(rng, strokes.shape, 0.03, 0.45)
    return jpeg(picture(levels + grain(rng, strokes.shape, 5)), 70)


def pencil(digit, rng):
    strokes = written(digit, rng, thickness=-1.2)
    texture = 1 - 0.4 * (grain(rng, strokes.shape, 1, 2) > 0.8)
    return picture(draw(strokes * texture, 215.0, 140.0) + grain(rng, strokes.shape, 6))


def marker(digit, rng):
    return picture(draw(written(digit, rng, thickness=rng.uniform(2, 4)), 240.0, 10.0))


def hairline(digit, rng):
    return picture(draw(lay(skeleton_of(digit, 320, 3), rng), 250.0, 20.0))


def chalk(digit, rng):
    strokes = written(digit, rng)
    light = 0.6 + 0.4 * ramp(rng, strokes.shape)
    return jpeg(picture((50 + 170 * strokes * (1 - 0.3 * (grain(rng, strokes.shape, 1) > 1))) * light), 75)


def inverted(digit, rng):
    return picture(255 - draw(written(digit, rng), 225.0, 35.0) * (0.5 + 0.5 * ramp(rng, (SIZE, SIZE))))


def coloured_pens(digit, rng):
    papers = [(250, 240, 150), (180, 220, 180), (245, 200, 210), (30, 60, 40), (40, 40, 90)]
    inks = [(160, 30, 40), (30, 60, 170), (10, 90, 40), (240, 240, 180), (250, 210, 80)]
    which = int(rng.integers(5))
    return coloured(written(digit, rng), papers[which], inks[which])


def equal_lightness(digit, rng):
    pairs = [((200, 60, 60), (60, 127, 60)), ((90, 140, 220), (215, 115, 60)), ((220, 110, 200), (110, 170, 90))]
    which = int(rng.integers(3))
    return coloured(written(digit, rng), *pairs[which])


def table_strip(digit, rng):
    strokes = written(digit, rng, size=220)
    levels = draw(strokes, 230.0, 40.0)
    wide = int(rng.integers(8, 50))
    edge = np.arange(SIZE) * rng.uniform(-0.05, 0.05) + wide
    strip = np.rot90(np.arange(SIZE)[None, :] < edge[:, None], int(rng.integers(4)))
    clear = ~strip | (strokes > 0.05)  # the digit stays on the page
    return picture(np.where(clear, levels, 90.0 + grain(rng, strokes.shape, 8)))


def turned_by_exif(digit, rng):
    upright = picture(draw(written(digit, rng, height=300), 235.0))
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(upright.transpose(Image.Transpose.ROTATE_90), 85, exif=exif)


DISTURBANCES = {
    f.__name__.replace("_", " "): f
    for f in (
        clean, tiny, huge, off_centre, gradient, vignette, soft_shadow, hard_shadow, paper_grain, specks, coarse_jpeg,
        blue_rules, dark_rules, red_rules_pencil, grey_squares, dark_squares_tilted, squares_shadow_grain, pencil,
        marker, hairline, chalk, inverted, coloured_pens, equal_lightness, table_strip, turned_by_exif,
    )
}  # fmt: skip

PAPER = (SIZE, SIZE)
EMPTY = {
    "blank": lambda rng: picture(np.full(PAPER, 250.0)),
    "grain": lambda rng: picture(200 + grain(rng, PAPER, 14) + grain(rng, PAPER, 5, 3)),
    "gradient": lambda rng: picture(60 + 180 * ramp(rng, PAPER)),
    "rules": lambda rng: picture(240 - 160 * rules(rng, PAPER, 50, 2, rng.uniform(-3, 3))),
    "squares": lambda rng: picture(240 - 160 * squares(rng, PAPER, 40, 2, rng.uniform(-8, 8))),
    "soft shadow": lambda rng: picture(220 * shadow(rng, PAPER, 0.04, 0.5)),
    "hard shadow": lambda rng: picture(220 * shadow(rng, PAPER, 0.003, 0.5)),
    "squares in shadow": lambda rng: jpeg(
        picture((230 - 90 * squares(rng, PAPER, 40, 2, rng.uniform(-3, 3))) * shadow(rng, PAPER, 0.03, 0.45)), 75
    ),
    "dark grain": lambda rng: jpeg(picture(60 + grain(rng, PAPER, 9)), 60),
}
