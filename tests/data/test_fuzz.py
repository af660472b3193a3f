"""Damaged files: a reader gives a valid result or a DataError, in bounded time and memory, and warns of nothing."""

import gzip
import io
import pickle
import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from digit_files import csv_bytes, idx_bytes, python2_pickle, write_idx_folder, write_image_folder
from PIL import Image

from nural.data import DataError, load_mnist_datasets, prepare

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:.*expected pictures of two classes:UserWarning")]

ROUNDS = 2_000
SECONDS = 5  # for one file, on a machine that others use too
KILOBYTES = 1_000_000
NUMBERS = [bytes([value]) * count for value in (0, 1, 0x7F, 0x80, 0xFF) for count in (1, 2, 4, 8)]


def position(rng: np.random.Generator, content: bytes) -> int:
    """Half of them near the ends, where headers and directories are."""
    length = len(content) + 1
    near = int(rng.integers(min(length, 200)))
    return int([rng.integers(length), rng.integers(length), near, length - 1 - near][rng.integers(4)])


def mutate(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    if not content:
        return other
    first, second = sorted((position(rng, content), position(rng, content)))
    match rng.integers(9):
        case 0:
            damaged = bytearray(content)
            for _ in range(rng.integers(1, 9)):
                damaged[min(position(rng, content), len(content) - 1)] ^= 1 << rng.integers(8)
            return bytes(damaged)
        case 1:
            return content[:first]
        case 2:
            return content[:first] + rng.bytes(int(rng.integers(1, 40))) + content[first:]
        case 3:
            return content[:first] + content[second:]
        case 4:
            middle = (first + second) // 2
            return content[:first] + content[middle:second] + content[first:middle] + content[second:]
        case 5:
            return content[:first] + other[position(rng, other) :]
        case 6:
            number = NUMBERS[rng.integers(len(NUMBERS))]
            return content[:first] + number + content[first + len(number) :]
        case 7:
            return content[:first] + content[first:second] * 3 + content[second:]
        case _:
            return content[:first] + rng.bytes(int(rng.integers(1, 9))) + content[first + 4 :]


def mutants(seeds: list[bytes], rng: np.random.Generator) -> Iterator[bytes]:
    for _ in range(ROUNDS):
        seed, other = (seeds[rng.integers(len(seeds))] for _ in range(2))
        content = mutate(seed, other, rng)
        yield mutate(content, other, rng) if rng.random() < 0.3 else content


def check(read: Callable[[bytes], None], contents: Iterator[bytes]) -> None:
    """Read each; and some must be read and some refused, or nothing was tested."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = {"read": 0, "refused": 0}
    for content in contents:
        start = time.perf_counter()
        try:
            read(content)
            outcomes["read"] += 1
        except DataError:
            outcomes["refused"] += 1
        assert time.perf_counter() - start < SECONDS
    assert min(outcomes.values()) > 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < KILOBYTES


def load_and_check(path: Path) -> None:
    for x, y in load_mnist_datasets(path):
        assert x.dtype == np.float32
        assert x.shape == (len(y), 784)
        assert x.flags.c_contiguous
        assert 0 <= x.min() <= x.max() <= 1
        assert y.dtype == np.int64
        assert 0 <= y.min() <= y.max() <= 9


@pytest.fixture
def few(digits):
    return digits[0][:8], digits[1][:8]


@pytest.fixture
def read_file(tmp_path):
    def read(content: bytes) -> None:
        path = tmp_path / "file"
        path.write_bytes(content)
        load_and_check(path)

    return read


def test_pickle(few, read_file):
    sets = [(few[0][i : i + 1], few[1][i : i + 1]) for i in range(3)]
    seeds = [pickle.dumps(sets, protocol) for protocol in range(6)]
    seeds += [python2_pickle(sets, protocol) for protocol in range(3)]
    arrays = {"train_img": few[0], "train_label": few[1], "test_img": few[0][:1], "test_label": few[1][:1]}
    seeds += [pickle.dumps(arrays, protocol) for protocol in range(6)]
    check(read_file, mutants(seeds, np.random.default_rng(0)))


def test_csv(few, read_file):
    seeds = [csv_bytes(few), csv_bytes(few, "label," + ",".join(f"pixel{i}" for i in range(784)))]
    check(read_file, mutants(seeds, np.random.default_rng(1)))


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx(few, tmp_path, compress):
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
    seeds = dict(zip(names, [idx_bytes(few[0].reshape(-1, 28, 28)), idx_bytes(few[1])], strict=True))
    rng = np.random.default_rng(2)

    write_idx_folder(tmp_path, few)

    def damaged() -> Iterator[bytes]:
        for number, content in enumerate(mutants(list(seeds.values()), rng)):
            yield compress(content) if number % 2 else mutate(compress(content), compress(seeds[names[0]]), rng)

    def read(content: bytes) -> None:
        damaged_file = tmp_path / names[rng.integers(2)]
        damaged_file.write_bytes(content)
        try:
            load_and_check(tmp_path)
        finally:
            damaged_file.write_bytes(seeds[damaged_file.name])

    check(read, damaged())


def test_npz(few, read_file):
    rng = np.random.default_rng(3)
    members = {"x_train": few[0].reshape(-1, 28, 28), "y_train": few[1], "x_test": few[0][:1], "y_test": few[1][:1]}
    files = {}
    for name, array in members.items():
        file = io.BytesIO()
        np.save(file, array)
        files[f"{name}.npy"] = file.getvalue()

    def archive(contents: dict[str, bytes]) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if rng.random() < 0.5 else zipfile.ZIP_STORED) as zipped:
            for name, content in contents.items():
                zipped.writestr(name, content)
        return file.getvalue()

    def damaged() -> Iterator[bytes]:
        yield from mutants([archive(files) for _ in range(6)], rng)
        for content in mutants(list(files.values()), rng):  # damage that the checksums do not show
            yield archive(files | {list(files)[rng.integers(4)]: content})

    check(read_file, damaged())


@pytest.fixture
def pictures(few) -> dict[str, bytes]:
    """One digit in every format; the names are file endings."""
    image = Image.fromarray(few[0][0].reshape(28, 28))
    modes = {"png": "L", "jpg": "RGB", "bmp": "L", "gif": "P", "tif": "L", "webp": "RGB", "ppm": "RGB"}
    files = {}
    for ending, mode in modes.items():
        file = io.BytesIO()
        image.convert(mode).save(file, Image.registered_extensions()[f".{ending}"])
        files[ending] = file.getvalue()
    for name, picture, options in (
        ("rgba.png", image.convert("RGBA"), {}),
        ("16.png", Image.fromarray(few[0][0].reshape(28, 28).astype(np.uint16) * 257), {}),
        ("deflate.tif", image, {"compression": "tiff_adobe_deflate"}),
    ):
        file = io.BytesIO()
        picture.save(file, Image.registered_extensions()["." + name.split(".")[1]], **options)
        files[name] = file.getvalue()
    return files


def test_image_folder(few, pictures, tmp_path):
    write_image_folder(tmp_path, few)

    def read(content: bytes) -> None:
        (tmp_path / "5" / "damaged").write_bytes(content)
        load_and_check(tmp_path)

    check(read, mutants(list(pictures.values()), np.random.default_rng(4)))


def test_prepare(pictures):
    def read(content: bytes) -> None:
        field = prepare(io.BytesIO(content))
        assert field.shape == (28, 28)
        assert field.dtype == np.float32
        assert 0 <= field.min() < field.max() <= 255 / 256

    check(read, mutants(list(pictures.values()), np.random.default_rng(5)))
