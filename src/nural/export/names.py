"""Names of exported files: those that could not work, or would hide another module or header, are refused."""

import keyword
import re
import sys
from pathlib import Path

from nural.export.target import ExportError

#: The headers of C's standard library.
C_HEADERS = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbit
stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
"""


def require_module_name(path: Path, *packages: str) -> None:
    """Raise ExportError unless Python can import the file, and unless it hides none of the modules that it needs.

    Args:
        path: The Python file.
        packages: The installed packages that it imports, directly or not. These need the whole standard library.
    """
    name = path.stem
    if not name.isidentifier() or keyword.iskeyword(name):
        what = "is a word of the language" if keyword.iskeyword(name) else "is no name there"
        raise ExportError(f"{path}: Python could not import it, for {name!r} {what}: choose a name such as digits")
    if name in packages or name in sys.stdlib_module_names:
        raise ExportError(f"{path}: would hide Python's module {name}, which it needs itself: choose another name")


def c_prefix(path: Path, given: str | None) -> str:
    """The prefix of the names in a C file: by default the file's name, with letters beyond ASCII in hexadecimal.

    Raises:
        ExportError: the prefix is no name, or the file has one that C cannot include.
    """
    if not path.stem.isprintable() or {'"', "\\"} & {*path.stem}:
        raise ExportError(f'{path}: C could not write #include "{path.stem}.h": choose a name such as digits.c')
    if path.stem in C_HEADERS.split():
        raise ExportError(f"{path}: its header would hide C's own {path.stem}.h: choose another name")
    if given is None:
        name = re.sub(r"\W", lambda match: _ascii(match[0]), path.stem, flags=re.ASCII)
        return name if name[0].isalpha() else f"model_{name}"
    if not re.fullmatch(r"[A-Za-z]\w*", given, re.ASCII):
        raise ExportError(f"{path}: a prefix of C names begins with a letter and has letters and digits, got {given!r}")
    return given


def _ascii(character: str) -> str:
    return "_" if character.isascii() else f"u{ord(character):x}"
