"""MNIST as Keras keeps it: an ``.npz`` file of four arrays."""

import io
import os
import re
import zipfile

import numpy as np

from nural.data import source_file
from nural.data.data_error import DataError
from nural.data.digits import Digits
from nural.data.named_arrays import read_named_arrays
from nural.data.raw_array import array_from_bytes

# NumPy's own reader evaluates the header as Python, and allocates its shape before it looks for the bytes.
_ENTRY = re.compile(
    r"""\s*['"](?:(descr)['"]\s*:\s*['"]([^'"]{1,20})['"]"""
    r"""|(fortran_order)['"]\s*:\s*(True|False)"""
    r"""|(shape)['"]\s*:\s*\(([\d, L]{0,100})\))\s*(?:,\s*|(?=\}))"""
)
_MAX_HEADER = 10_000  # bytes: NumPy's limit


def read_npz(content: bytes, source: str | os.PathLike[str]) -> list[Digits]:
    """Read the sets that the arrays' names give: ``x_train``, ``y_train``, ``x_test`` and ``y_test``, or similar ones.

    Raises:
        DataError: the file is damaged or too large; an array is missing, holds no numbers, or no digits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
            visible = [name for name in names if not name.startswith(("__MACOSX/", "."))]
            return read_named_arrays(visible, lambda name: _read_array(archive, name, source), source)
    except DataError:
        raise
    except Exception as error:  # zipfile answers damage with a dozen types, not all of them documented
        raise DataError(source, "an undamaged .npz file", f"a corrupt one ({error})") from error


def _read_array(archive: zipfile.ZipFile, name: str, source: str | os.PathLike[str]) -> np.ndarray:
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # xz may ask for gigabytes of dictionary
        raise DataError(source, "arrays stored or deflated", f"{name} in another compression")
    with archive.open(entry) as member:
        content = source_file.read_bounded(member, source)
    width = {b"\x01\0": 2, b"\x02\0": 4, b"\x03\0": 4}.get(content[6:8], 0)  # of the header's length, by version
    start = 8 + width
    end = start + int.from_bytes(content[8:start], "little")
    header = (
        _parse(content[start:end]) if width and content.startswith(b"\x93NUMPY") and end - start < _MAX_HEADER else {}
    )
    if header.keys() != {"descr", "fortran_order", "shape"}:
        raise DataError(source, f"a NumPy array of numbers as {name}", "another object")
    shape = [int(length) for length in re.findall(r"\d+", header["shape"])]
    order = "F" if header["fortran_order"] == "True" else "C"
    return array_from_bytes(memoryview(content)[end:], header["descr"], shape, order, f"{source}, {name}")


def _parse(header: bytes) -> dict[str, str]:
    """The entries of a dictionary in Python's notation, each as text; empty if it holds anything else."""
    text = header.decode("latin1").strip()
    entries = {}
    position = 1
    while match := _ENTRY.match(text, position):
        name, value = (group for group in match.groups() if group is not None)
        entries[name] = value
        position = match.end()
    return entries if text.startswith("{") and text[position:] == "}" else {}
