"""Writers of every kind of file that nural.data reads."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Digits = tuple[np.ndarray, np.ndarray]  # uint8 (N, 784), integers (N,)


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, name: str, array: np.ndarray) -> None:
    content = idx_bytes(array)
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


def write_idx_folder(folder: Path, train: Digits, test: Digits | None = None, names: str = "{}-{}-idx{}-ubyte") -> Path:
    folder.mkdir(exist_ok=True)
    for split, digits in {"train": train, "t10k": test}.items():
        if digits:
            write_idx(folder, names.format(split, "images", 3), digits[0].reshape(-1, 28, 28))
            write_idx(folder, names.format(split, "labels", 1), digits[1])
    return folder


def csv_bytes(digits: Digits, header: str = "") -> bytes:
    lines = [header] if header else []
    lines += [",".join(map(str, [label, *image])) for image, label in zip(*digits, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def write_npz(path: Path, train: Digits, test: Digits) -> Path:
    images = [digits[0].reshape(-1, 28, 28) for digits in (train, test)]
    np.savez(path, x_train=images[0], y_train=train[1], x_test=images[1], y_test=test[1])
    return path


def write_image_folder(folder: Path, digits: Digits, names: list[str] | None = None, ending: str = "png") -> Path:
    for number, (image, label) in enumerate(zip(*digits, strict=True)):
        subfolder = folder / (names[label] if names else str(label))
        subfolder.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"lossless": True} if ending == "webp" else {}
        Image.fromarray(image.reshape(28, 28)).save(subfolder / f"{number:04}.{ending}", **options)
    return folder


def python2_pickle(sets: list[Digits], protocol: int) -> bytes:
    """What Python 2 wrote: its strings are bytes, and NumPy was older."""

    def string(content: bytes) -> bytes:
        if protocol == 0:
            return b"S" + repr(content).removeprefix("b").encode() + b"\n"
        return b"T" + struct.pack("<i", len(content)) + content

    def integer(value: int) -> bytes:
        return b"I%d\n" % value if protocol == 0 else b"J" + struct.pack("<i", value)

    def array(values: np.ndarray) -> bytes:
        shape = b"(" + b"".join(map(integer, values.shape)) + b"t"
        dtype = b"cnumpy\ndtype\n(" + string(values.dtype.str[1:].encode()) + integer(0) + integer(1) + b"tR"
        dtype += (
            b"(" + integer(3) + string(values.dtype.str[:1].encode()) + b"NNN" + 2 * integer(-1) + integer(0) + b"tb"
        )
        empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + integer(0) + b"t" + string(b"b") + b"tR"
        return empty + b"(" + integer(1) + shape + dtype + integer(0) + string(values.tobytes()) + b"tb"

    pairs = b"".join(b"(" + array(images) + array(labels) + b"t" for images, labels in sets)
    return (b"\x80\x02" if protocol == 2 else b"") + b"(" + pairs + b"t."
