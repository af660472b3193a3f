import io

import numpy as np
import pytest
from disturbances import DISTURBANCES, EMPTY, strokes_of
from PIL import Image, ImageDraw

from nural.data import DataError, image_file, prepare, prepare_in_stages


def centre_of_mass(field: np.ndarray) -> np.ndarray:
    positions = np.arange(28)
    return np.array([field.sum(axis=1) @ positions, field.sum(axis=0) @ positions]) / field.sum()


@pytest.fixture(scope="module")
def some(mnist) -> np.ndarray:
    return mnist[2][0][:40].reshape(-1, 28, 28)


def enlarged(digit: np.ndarray, ink: int = 0, ground: int = 255, margin: int = 0) -> Image.Image:
    levels = ground + (ink - ground) * digit.astype(np.float64)
    levels = np.pad(levels, margin, constant_values=ground)
    image = Image.fromarray(np.rint(levels).astype(np.uint8))
    return image.resize((image.width * 10, image.height * 10), Image.Resampling.BICUBIC)


def correlation(field: np.ndarray, digit: np.ndarray) -> float:
    """The best of the nine in which one lies up to a pixel aside: rounding may move its centre."""
    shifted = [np.roll(field, (down, right), axis=(0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(np.corrcoef(each.ravel(), digit.ravel())[0, 1] for each in shifted)


def assert_alike(pictures: list, digits: np.ndarray, median: float = 0.97) -> None:
    prepared = [prepare(picture) for picture in pictures]
    for field in prepared:
        assert field.dtype == np.float32
        assert field.shape == (28, 28)
        assert (field * 256 == np.rint(field * 256)).all()
        assert 0.9 < field.max() <= 255 / 256
        assert np.abs(centre_of_mass(field) - 14).max() <= 0.51
    correlations = [correlation(field, digit) for field, digit in zip(prepared, digits, strict=True)]
    assert np.median(correlations) > median
    assert min(correlations) > 0.8


def test_a_digit_of_mnist_stays_as_it_is(some):
    assert_alike(list(some), some, median=0.995)
    assert_alike(list(np.rint(some * 256).astype(np.uint8)), some, median=0.995)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (40, 170), (120, 60)])
@pytest.mark.parametrize("margin", [0, 40])
def test_any_ink_ground_and_size(some, ink, ground, margin):
    files = [io.BytesIO() for _ in some]
    for digit, file in zip(some, files, strict=True):
        enlarged(digit, ink, ground, margin).save(file, "JPEG", quality=80)
    assert_alike(files, some)


def test_noise_and_uneven_light(some):
    rng = np.random.default_rng(0)
    shade = np.linspace(0, 40, 280)
    pictures = [np.asarray(enlarged(digit, 40, 200)) - shade + rng.normal(0, 6, (280, 280)) for digit in some]
    assert_alike([np.clip(picture, 0, 255).astype(np.uint8) for picture in pictures], some)


def test_every_kind_of_argument(some, tmp_path):
    image = enlarged(some[0])
    path = tmp_path / "digit.png"
    image.save(path)
    expected = prepare(image)
    with path.open("rb") as file:
        for argument in (path, str(path), file, np.asarray(image), np.asarray(image) / 255):
            assert (prepare(argument) == expected).all()


def test_the_argument_is_not_changed(some):
    levels = np.rint(some[0] * 255).astype(np.uint8)
    before = levels.copy()
    prepare(levels)
    assert (levels == before).all()


def test_transparent_drawing(some):
    for level in (0, 255):
        drawings = [Image.new("LA", (280, 280), (level, 0)) for _ in some]
        for drawing, digit in zip(drawings, some, strict=True):
            drawing.putalpha(enlarged(digit, ink=255, ground=0))
        assert_alike(drawings, some)


@pytest.mark.parametrize("size", [(400, 30), (30, 400), (1, 28), (28, 1), (3000, 500)])
def test_longest_side_becomes_20_pixels(size):
    image = Image.new("L", (size[0] + 20, size[1] + 20), 255)
    ImageDraw.Draw(image).rectangle((10, 10, 9 + size[0], 9 + size[1]), fill=0)
    field = prepare(image)
    height, width = np.count_nonzero(field.any(axis=1)), np.count_nonzero(field.any(axis=0))
    assert max(height, width) == 20
    assert min(height, width) == max(2, round(20 * min(size) / max(size)))  # a hairline becomes a stroke


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((28, 28), np.uint8),
        np.full((50, 30), 255, np.uint8),
        np.full((1, 1), 0.5),
        np.random.default_rng(0).integers(100, 120, (28, 28), np.uint8),
        Image.new("RGBA", (9, 9)),
    ],
)
def test_empty_picture(image):
    with pytest.raises(DataError, match="the picture: expected a digit, found an empty picture"):
        prepare(image)


#: These lose more of a digit's form than the others.
HARDEST = {"marker": 0.6, "hairline": 0.6, "pencil": 0.75, "red rules pencil": 0.75}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_disturbed_as_clean(some, name):
    correlations = []
    for seed, digit in enumerate(some.astype(np.float64)[:8]):
        disturbed = prepare(DISTURBANCES[name](digit, np.random.default_rng(seed)))
        correlations.append(correlation(disturbed, digit))
    assert min(correlations) > HARDEST.get(name, 0.85)


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("seed", range(3))
def test_disturbance_alone_is_no_digit(name, seed):
    with pytest.raises(DataError, match="expected a digit, found an empty picture"):
        prepare(EMPTY[name](np.random.default_rng(seed)))


@pytest.mark.parametrize("noise", [0, 8])
def test_cut_close_around_the_ink(some, noise):
    rng = np.random.default_rng(0)
    for digit in some[:20]:
        strokes = strokes_of(digit, 120)
        strokes = strokes[(strokes > 0.3).any(axis=1)][:, (strokes > 0.3).any(axis=0)]
        levels = 235 - 200 * strokes + noise * rng.standard_normal(strokes.shape)
        assert correlation(prepare(np.clip(levels, 0, 255).astype(np.uint8)), digit) > 0.85


def test_large_pictures_are_reduced_whatever_they_are(some):
    image = enlarged(some[0]).resize((2800, 2800))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    fields = [prepare(argument) for argument in (image, np.asarray(image), file)]
    for field in fields:
        assert correlation(field, some[0]) > 0.97


def test_stages(some):
    stages = prepare_in_stages(enlarged(some[0], ink=60, ground=200, margin=10))
    assert list(stages) == ["upright", "ink", "digit", "box", "scaled", "centred"]
    assert all(stage.dtype == np.uint8 for stage in stages.values())
    assert stages["upright"].shape == stages["ink"].shape == stages["digit"].shape == (480, 480)
    assert stages["upright"][0, 0] == 200
    assert stages["ink"][0, 0] == stages["digit"][0, 0] == 0
    box = stages["box"]
    assert all(edge.any() for edge in (box[0], box[-1], box[:, 0], box[:, -1]))
    assert max(stages["scaled"].shape) == 20
    assert (stages["centred"] / np.float32(256) == prepare(enlarged(some[0], 60, 200, 10))).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(784), r"expected an array \(H, W\) of at most \d+ pixels, found the shape \(784,\)"),
        (np.zeros((0, 28)), r"expected an array \(H, W\) of at most \d+ pixels, found the shape \(0, 28\)"),
        (np.zeros((28, 28), np.int32), "expected grey levels, uint8 or float from 0 to 1, found another int32 array"),
        (np.full((28, 28), np.nan), "expected grey levels, uint8 or float from 0 to 1, found another float64 array"),
        (np.full((28, 28), 255.0), "expected grey levels, uint8 or float from 0 to 1, found another float64 array"),
    ],
)
def test_arrays_that_are_no_picture(array, message):
    with pytest.raises(DataError, match=message):
        prepare(array)


def test_unreadable_files(tmp_path, monkeypatch):
    path = tmp_path / "digit.png"
    with pytest.raises(DataError, match=r"digit.png: expected a file or a folder, found nothing of this name"):
        prepare(path)
    path.write_text("text")
    with pytest.raises(DataError, match=r"digit.png: expected an undamaged picture .*, found another file"):
        prepare(path)
    with path.open("rb") as file, pytest.raises(DataError, match=r"digit.png: expected an undamaged picture"):
        prepare(file)
    Image.new("L", (30, 30)).save(path)
    monkeypatch.setattr(image_file, "MAX_PIXELS", 100)
    with pytest.raises(DataError, match=r"digit.png: expected at most 100 pixels, found 30×30"):
        prepare(path)
