"""The IDX files in which MNIST was published, and their relatives (EMNIST, Fashion-MNIST, ...)."""

import math
import re
import struct
from pathlib import Path

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits
from nural.data.source_file import list_folder, read_file

_NAME = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE)


def find_idx_files(folder: Path) -> dict[str, Path]:
    """The IDX files of a folder by their role: ``train-images``, ``train-labels``, ``test-images``, ``test-labels``.

    Raises:
        DataError: the files of several data sets lie there.
    """
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
        DataError: the file is another, or its length is not what its header says.
    """
    content = read_file(path)
    magic = bytes([0, 0, 8, dimensions])
    if content[:4] != magic:
        found = content[:4].hex(" ") or "an empty file"
        raise DataError(path, f"an IDX file of {dimensions} dimensions ({magic.hex(' ')})", found)
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(path, f"an IDX header of {start} bytes", f"{len(content)} bytes")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    if len(content) - start != math.prod(shape):
        expected = f"{math.prod(shape)} bytes, as its header says {shape}"
        raise DataError(path, expected, f"{len(content) - start} bytes")
    return np.frombuffer(content, np.uint8)[start:].reshape(shape)
