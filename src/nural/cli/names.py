"""How the commands print the names of files, which may hold anything."""

import os
import re

_UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(name: str | os.PathLike[str]) -> str:
    r"""A name, or a sentence with names, on one line that every terminal shows as it is.

    Bytes that are no UTF-8, which Python has as lone surrogates, and control characters are written as ``\xe9``. JSON
    has an escape of its own for both, from which the name comes back whole: there names stay as they are.
    """
    return _UNPRINTABLE.sub(_escaped, os.fspath(name))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00 if code > 0xDC00 else code:02x}"  # byte b is the surrogate 0xDC00 + b in Python
