"""MNIST as Keras keeps it: an ``.npz`` file of four arrays."""

import io
import os
import re
import zipfile

import numpy as np

from nural.data import source_file
from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits
from nural.data.raw_array import array_from_bytes

_NAMES = ("x_train", "y_train", "x_test", "y_test")
# NumPy's own reader evaluates the header as Python, and allocates the shape it names before it looks for the bytes.
_HEADER = re.compile(
    rb"\x93NUMPY(?:\x01\x00..|[\x02\x03]\x00....)"
    rb"\{'descr': '([^'\n]{1,20})', 'fortran_order': (True|False), 'shape': \(([\d, ]{0,100})\), \} *\n",
    re.DOTALL,
)


def read_npz(content: bytes, source: str | os.PathLike[str]) -> list[Digits]:
    """Read training and test set from the arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

    Raises:
        DataError: the file is damaged or too large; an array is missing, is none of numbers, or holds no digits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            x_train, y_train, x_test, y_test = (_read_array(archive, name, source) for name in _NAMES)
    except DataError:
        raise
    except Exception as error:  # zipfile answers damage with a dozen types, not all of them documented
        raise DataError(source, "an undamaged .npz file", f"a corrupt one ({error})") from error
    return [check_digits(x_train, y_train, source), check_digits(x_test, y_test, source)]


def _read_array(archive: zipfile.ZipFile, name: str, source: str | os.PathLike[str]) -> np.ndarray:
    if f"{name}.npy" not in archive.namelist():
        names = ", ".join(repr(entry.removesuffix(".npy")) for entry in archive.namelist()[:10])
        raise DataError(source, f"arrays named {', '.join(_NAMES)}", names or "none")
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # xz may ask for gigabytes of dictionary
        raise DataError(source, "arrays stored or deflated", f"{name} in another compression")
    with archive.open(entry) as member:
        content = source_file.read_bounded(member, source)
    header = _HEADER.match(content)
    if not header:
        raise DataError(source, f"a NumPy array of numbers as {name}", "another object")
    dtype, fortran, lengths = (group.decode("ascii") for group in header.groups())
    shape = [int(length) for length in lengths.replace(",", " ").split()]
    order = "F" if fortran == "True" else "C"
    return array_from_bytes(memoryview(content)[header.end() :], dtype, shape, order, f"{source}, {name}")
