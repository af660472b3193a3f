"""The IDX files in which MNIST was published, and their relatives (EMNIST, Fashion-MNIST, ...)."""

import math
import os
import re
import struct
from pathlib import Path

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits
from nural.data.source_file import list_folder, open_file, read_file

_NAME = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE)


def find_idx_files(folder: Path) -> dict[str, Path]:
    """The IDX files of a folder by their role: ``train-images``, ``train-labels``, ``test-images``, ``test-labels``.

    If it holds none itself, they may lie where torchvision puts them: in ``raw``, or in ``MNIST/raw`` or the like.

    Raises:
        DataError: the files of several data sets lie there.
    """
    if files := _idx_files(folder):
        return files
    below = [folder / "raw", *(entry / "raw" for entry in list_folder(folder))]
    found = {path: files for path in below if path.is_dir() and (files := _idx_files(path))}
    if len(found) > 1:
        raise DataError(folder, "the IDX files of one data set", f"several: {', '.join(str(path) for path in found)}")
    return next(iter(found.values()), {})


def _idx_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    prefixes = set()
    for path in list_folder(folder):  # sorted: a plain file comes before its .gz, and is taken
        if (match := _NAME.fullmatch(path.name)) and path.is_file():
            prefix, split, kind, _ = match.groups()
            split = "train" if split.lower() == "train" else "test"
            files.setdefault(f"{split}-{kind.lower()}", path)
            prefixes.add(prefix)
    if len(prefixes) > 1:
        raise DataError(folder, "the IDX files of one data set", f"several: {', '.join(sorted(prefixes))}")
    return files


def read_idx_files(files: dict[str, Path], folder: Path) -> list[Digits]:
    """Read the training set and, where there is one, the test set. EMNIST's digits lie transposed, and stay so.

    Raises:
        DataError: a file is missing from a pair or is not what its name says.
    """
    splits = ["train", "test"] if any(role.startswith("test") for role in files) else ["train"]
    sets = []
    for split in splits:
        for role in (f"{split}-images", f"{split}-labels"):
            if role not in files:
                raise DataError(folder, f"a file of {role}", "only " + ", ".join(p.name for p in files.values()))
        images, labels = files[f"{split}-images"], files[f"{split}-labels"]
        sets.append(check_digits(read_idx(images, 3), read_idx(labels, 1), images))
    return sets


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of unsigned bytes, plain or gzipped.

    It begins with the bytes 0, 0, 8 and the number of dimensions; their lengths follow as big-endian 32-bit integers,
    then the elements.

    Raises:
        DataError: the file is of another kind, or its length is not what its header says.
    """
    content = read_file(path)
    start, shape = _start_and_shape(path, content, len(content), dimensions)
    return np.frombuffer(content, np.uint8)[start:].reshape(shape)


def map_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Map an uncompressed IDX file of unsigned bytes into memory, where only the parts that are used are read.

    Returns:
        The elements, uint8, of the shape that the header says; they cannot be written to.

    Raises:
        DataError: the file is missing, unreadable, of another kind, compressed or empty, or its length is not
            what its header says.
    """
    path = Path(path)
    with open_file(path) as file:
        header = file.read(4 + 4 * 255)
        size = file.seek(0, os.SEEK_END)
        if header.startswith(b"\x1f\x8b"):
            raise DataError(path, "an IDX file that can be mapped", "a gzipped one")
        start, shape = _start_and_shape(path, header, size, dimensions=header[3] if len(header) > 3 else 1)
        if size == start:
            raise DataError(path, "an IDX file with elements", f"none, in shape {shape}")
        return np.memmap(file, np.uint8, "r", offset=start, shape=shape)


def _start_and_shape(path: Path, header: bytes, size: int, dimensions: int) -> tuple[int, tuple[int, ...]]:
    """Where the elements of an IDX file of this many bytes begin, and their shape."""
    magic = bytes([0, 0, 8, dimensions])
    if header[:4] != magic:
        found = header[:4].hex(" ") or "an empty file"
        raise DataError(path, f"an IDX file of {dimensions} dimensions ({magic.hex(' ')})", found)
    start = 4 + 4 * dimensions
    if len(header) < start:
        raise DataError(path, f"an IDX header of {start} bytes", f"{len(header)} bytes")
    shape = struct.unpack_from(f">{dimensions}I", header, 4)
    if size - start != math.prod(shape):
        raise DataError(path, f"{math.prod(shape)} bytes, as its header says {shape}", f"{size - start} bytes")
    return start, shape
