"""MNIST as Kaggle keeps it: a CSV file, one digit a line, its label and then its 784 pixels."""

import io
import os

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import CLASSES, PIXELS, Digits, check_digits

_VALUES = {str(value).encode(): value for value in range(256)}


def read_csv(content: bytes, source: str | os.PathLike[str]) -> list[Digits]:
    """Read one set of digits. A first line of 785 different fields is a header.

    The label may also stand last, as OpenML has it, if a header names the last column ``label`` or ``class``.

    Raises:
        DataError: a line (named by its number) has another count of fields, or a field that is no integer from
            0 to 255 (a label: 0 to 9); or there are no digits.
    """
    pixels, labels = bytearray(), bytearray()
    label_column = 0
    for number, line in enumerate(io.BytesIO(content), start=1):
        line = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not line:
            continue
        here = f"{source}, line {number}"
        if line.count(b",") != PIXELS:  # counted before it is split: a line may be gigabytes of commas
            raise DataError(here, f"{PIXELS + 1} fields, a label and {PIXELS} pixels", str(line.count(b",") + 1))
        fields = [field.strip() for field in line.split(b",")]
        if number == 1 and len(set(fields)) == len(fields):  # more than a pixel has values
            label_column = -1 if fields[-1].strip(b'"') in (b"label", b"class") else 0
            continue
        label = fields.pop(label_column)
        try:
            pixels += bytes([_VALUES[field] for field in fields])
        except KeyError as error:
            raise DataError(here, "pixels that are integers from 0 to 255", repr(error.args[0][:20])) from None
        if _VALUES.get(label, CLASSES) >= CLASSES:
            raise DataError(here, f"a label from 0 to {CLASSES - 1}", repr(label[:20]))
        labels.append(_VALUES[label])
    images = np.frombuffer(pixels, np.uint8).reshape(-1, PIXELS)
    return [check_digits(images, np.frombuffer(labels, np.uint8), source)]
