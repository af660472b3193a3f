"""Which files may be overwritten: only those that nural wrote as the same kind of file and that nobody changed since.

Nural recognises its files by their content: a text by its `signature`, a model by its metadata, an ONNX file by its
producer, a picture by the program that its PNG names.
"""

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

#: Kinds of files, as they follow "a" in a sentence. Texts have further kinds: that in their `signature`.
PICTURE, ONNX, MODEL, CHECKPOINT, STATE_DICT = "picture", "network in ONNX", "model", "checkpoint", "state_dict"
#: The text chunk of a PNG file by which nural recognises its pictures.
PNG_TEXT = {"Software": "nural"}

_SIGNATURE = re.compile(rb"Written by nural: a ([^,\r\n]+), checksum ([0-9a-f]{16})")
_UNSIGNED = b"0" * 16
_HEAD = 4096  # bytes that are searched for these
_PRODUCER = b"\x12\x05nural"  # field 2 of an ONNX model, a text of five bytes


class OverwriteError(FileExistsError):
    """The file holds something that nural must not replace; the message says what was found."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(errno.EEXIST, found, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}; name another file, or replace it with force=True"


def require_replaceable(
    path: str | os.PathLike[str],
    kind: str,
    *,
    force: bool = False,
    reads: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Raise unless a file of this kind may be written to ``path``: no file is there, or one of the same kind by nural.

    Args:
        path: The file.
        kind: The kind by which it will be recognised again.
        force: Replace any existing file.
        reads: Files that the new one is made from; without ``force`` they are never replaced.

    Raises:
        OverwriteError: something would be lost.
        OSError: there is a folder or a device, or a file that may not be read.
    """
    path = Path(path)
    if not path.exists():
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "expected a place for a file, found a device", str(path))
    if force or not path.stat().st_size:
        return
    if any(Path(read).exists() and path.samefile(read) for read in reads):
        raise OverwriteError(path, "is the file that is read, and would be lost")
    found, changed = _origin(path)
    if found is None:
        raise OverwriteError(path, "was not written by nural, and would be lost")
    if changed:
        raise OverwriteError(path, "was changed since nural wrote it, and would be lost")
    if found != kind:
        raise OverwriteError(path, f"is a {found} of nural's that would be lost")


def signature(kind: str) -> str:
    """The signature in the first lines of a text by nural; `signed` fills it in."""
    return f"Written by nural: a {kind}, checksum {_UNSIGNED.decode()}"


def signed(text: str) -> bytes:
    """The text in UTF-8, with the checksum of its content in its `signature`."""
    content = text.encode()
    match = _SIGNATURE.search(content)
    assert match, "a text without a signature"
    return content[: match.start(2)] + _checksum(content) + content[match.end(2) :]


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest()[: len(_UNSIGNED)].encode()


def _origin(path: Path) -> tuple[str | None, bool]:
    """The kind of file as which nural wrote it, None if it did not, and whether it was changed since."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if match := _SIGNATURE.search(head):
            content = head + file.read()
            unsigned = content[: match.start(2)] + _UNSIGNED + content[match.end(2) :]
            return match[1].decode(errors="replace"), _checksum(unsigned) != match[2]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PICTURE if b"tEXtSoftware\0nural" in head else None, False
    if _PRODUCER in head[:16]:
        return ONNX, False
    return _safetensors_kind(path), False


def _safetensors_kind(path: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return str(json.loads((file.metadata() or {})["nural"])["kind"])
    except (SafetensorError, OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
