"""MNIST as Kaggle keeps it: a CSV file, on each line one digit, its label and its 784 pixels."""

import io
import os
import re
from collections import Counter

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import CLASSES, PIXELS, Digits, check_digits

COLUMNS = PIXELS + 1
#: Names of the labels' column in headers.
LABEL_NAMES = ("label", "class", "target", "digit", "y")
_VALUES = {text.encode(): value for value in range(256) for text in (f"{value}", f"{value}.0")}
_NAME_IT = "name it with --label-column, in Python label_column"


def read_csv(content: bytes, source: str | os.PathLike[str], label_column: str | int | None = None) -> list[Digits]:
    """Read one set of digits. Fields may be quoted; a first line that does not hold numbers is a header.

    The labels are in the column that ``label_column`` names. Without it they are in the column that the header calls by
    one of `LABEL_NAMES`; else in the column whose name differs in kind from all others, such as ``number`` beside
    ``pixel0``, ``pixel1``, …; else in the first or the last column, if only one of them holds nothing but 0 to 9, and
    not the same digit in all lines.

    Args:
        content: The file.
        source: The file's name in errors.
        label_column: Its name in the header, in capitals or not, or its number, counted from 1.

    Raises:
        DataError: a line (named by its number) has more or fewer fields, or a field that is no integer from
            0 to 255 (a label: 0 to 9); several columns could be the labels, or none; or there are no digits.
    """
    values, numbers = bytearray(), []
    header: list[str] = []
    for number, line in enumerate(io.BytesIO(content), start=1):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        line = line.translate(None, b"\"'").strip()
        if not line:
            continue
        here = f"{source}, line {number}"
        if line.count(b",") != PIXELS:  # counted before it is split: a line may be gigabytes of commas
            raise DataError(here, f"{COLUMNS} fields, a label and {PIXELS} pixels", str(line.count(b",") + 1))
        fields = [field.strip() for field in line.split(b",")]
        if number == 1 and _is_header(fields):
            header = [field.decode("utf-8", "replace").casefold() for field in fields]
            continue
        try:
            values += bytes([_VALUES[field] for field in fields])
        except KeyError as error:
            raise DataError(here, "whole numbers from 0 to 255", repr(error.args[0][:20])) from None
        numbers.append(number)
    table = np.frombuffer(values, np.uint8).reshape(-1, COLUMNS)
    if len(table) == 0:
        raise DataError(source, "digits", "none")
    column = _label_column(table, header, label_column, source)
    labels = table[:, column]
    if labels.max() >= CLASSES:
        wrong = int(np.argmax(labels >= CLASSES))
        here = f"{source}, line {numbers[wrong]}, {_named(column, header)}"
        raise DataError(here, f"a label from 0 to {CLASSES - 1}", str(labels[wrong]))
    return [check_digits(np.delete(table, column, axis=1), labels, source)]


def _is_header(fields: list[bytes]) -> bool:
    """Whether a line names columns: no field is a number, or there are more different fields than pixel values."""
    return len(set(fields)) == len(fields) or not any(field in _VALUES for field in fields)


def _label_column(
    table: np.ndarray, header: list[str], wanted: str | int | None, source: str | os.PathLike[str]
) -> int:
    """Which column holds the labels, counted from 0."""
    if wanted is not None:
        return _wanted_column(header, str(wanted), source)
    ends = [end for end in (0, PIXELS) if table[:, end].max() < CLASSES and np.ptp(table[:, end])]
    able = [column for column, name in enumerate(header) if name in LABEL_NAMES] or _odd_one_out(header) or ends
    if len(able) == 1:
        return able[0]
    several = " and ".join(_named(column, header) for column in able[:3])
    found = several or "neither the first nor the last with several values from 0 to 9"
    raise DataError(source, "one column that can be the labels", f"{found}; {_NAME_IT}")


def _odd_one_out(header: list[str]) -> list[int]:
    """The column whose name, without its digits, differs from that of all others."""
    kinds = [re.sub(r"\d+", "", name) for name in header]
    (odd, count), *_ = Counter(kinds).most_common()[::-1] or [("", 0)]
    return [kinds.index(odd)] if count == 1 and len(set(kinds)) == 2 else []


def _wanted_column(header: list[str], wanted: str, source: str | os.PathLike[str]) -> int:
    matching = [column for column, name in enumerate(header) if name == wanted.strip().casefold()]
    if not matching and wanted.isdecimal() and 1 <= int(wanted) <= COLUMNS:
        return int(wanted) - 1
    if len(matching) != 1:
        found = (
            f"{len(matching) or 'none'} in a header with {header[0]!r}, …, {header[-1]!r}" if header else "no header"
        )
        raise DataError(source, f"one column {wanted!r}, or a number from 1 to {COLUMNS}", found)
    return matching[0]


def _named(column: int, header: list[str]) -> str:
    return f"column {column + 1}" + (f" ({header[column]!r})" if header else "")
