"""Stand-ins for NumPy's arrays while a pickle is read: descriptions, checked before an array is built."""

import os
from collections.abc import Callable

import numpy as np

from nural.data.data_error import DataError
from nural.data.raw_array import array_from_bytes


class PickledArray:
    """An array as a pickle describes it, with nothing checked or built yet."""

    def __init__(self, content: object = None, dtype: object = None, shape: object = (), order: object = "C") -> None:
        self._content, self._dtype, self._shape, self._order = content, dtype, shape, order

    def set_state(self, version: object, shape: object, dtype: object, fortran: object, content: object) -> None:
        """Take the state with which a pickle fills an array it has made empty."""
        self._content, self._dtype, self._shape, self._order = content, dtype, shape, "F" if fortran else "C"

    def to_numpy(self, source: str | os.PathLike[str]) -> np.ndarray:
        """Build the array, a read-only view of the pickle's bytes.

        Raises:
            DataError: what is described is no array of numbers, or does not fit the number of bytes.
        """
        content, shape = self._content, self._shape
        if isinstance(content, PickledText):
            content = content.encode()
        if not (
            isinstance(content, bytes)
            and isinstance(self._dtype, PickledType)
            and isinstance(shape, tuple)
            and all(isinstance(length, int) for length in shape)
        ):
            raise DataError(source, "arrays of numbers", "a damaged or another one")
        return array_from_bytes(content, self._dtype.code(), shape, "F" if self._order == "F" else "C", source)


class PickledType:
    """A dtype: made of its code, then told its byte order."""

    def __init__(self, code: object, *_: object) -> None:
        self._code, self._byte_order = code, "="

    def set_state(self, version: object, byte_order: object, *_: object) -> None:
        """Take the state with which a pickle completes a dtype."""
        self._byte_order = byte_order

    def code(self) -> str:
        """The type in NumPy's notation, as ``"<f4"``."""
        return _text(self._byte_order) + _text(self._code)


class PickledText:
    """Bytes as Python 3 writes them in Python 2's protocols: as the text that latin-1 makes of them.

    They are encoded only when an array is built: a short pickle could ask a thousand times for those of a long text.
    """

    def __init__(self, text: object, encoding: object) -> None:
        self._text = text

    def encode(self) -> bytes | None:
        """The bytes; None if this is no such text."""
        try:
            return self._text.encode("latin1") if isinstance(self._text, str) else None
        except UnicodeEncodeError:
            return None


def _text(value: object) -> str:
    if isinstance(value, bytes):  # a string of Python 2
        return value.decode("latin1")
    return value if isinstance(value, str) else "?"  # not str(value), which may never end for a hostile list


def _scalar(dtype: object, content: object) -> PickledArray:
    return PickledArray(content, dtype)


def _reconstruct(kind: object, shape: object, dtype: object) -> PickledArray:
    return PickledArray()


STAND_INS: dict[str, Callable[..., object] | None] = {
    "numpy.ndarray": None,  # only an argument, never called
    "numpy.dtype": PickledType,
    "_codecs.encode": PickledText,
}
for _core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
    STAND_INS[f"{_core}.multiarray._reconstruct"] = _reconstruct
    STAND_INS[f"{_core}.multiarray.scalar"] = _scalar
    STAND_INS[f"{_core}.numeric._frombuffer"] = PickledArray
