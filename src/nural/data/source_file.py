"""Files and folders of unknown content, read within bounds."""

import gzip
import io
import os
import stat
import zlib
from pathlib import Path
from typing import IO

from nural.data.data_error import DataError

MAX_BYTES = 2 << 30  # of one file, after decompression: ten times the largest usual file
_CHUNK = 1 << 20
#: Files that systems put into folders, in small letters: Windows, macOS, Linux, and network drives.
_SYSTEM = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
    *("__macosx", "icon\r", "lost+found", "@eadir"),
}


def read_file(path: Path) -> bytes:
    """Read a whole file, decompressed if its content is gzip's.

    Raises:
        DataError: the file is missing, is no regular file, may not be read, is damaged gzip, or holds more than
            ``MAX_BYTES``.
    """
    try:
        with open_file(path) as file:
            gzipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if gzipped:
                return read_bounded(gzip.GzipFile(fileobj=file), path)
            return read_bounded(file, path)
    except EOFError as error:
        raise DataError(path, "a whole gzip file", "a truncated one") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, "an undamaged gzip file", f"a corrupt one ({error})") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def open_file(path: Path) -> IO[bytes]:
    """Open a file to read its bytes.

    Raises:
        DataError: the file is missing, is no regular file or may not be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.open("rb")
    except (OSError, ValueError) as error:  # the latter for a path with a null character
        raise _unreadable(path, error) from error
    raise DataError(path, "a file", "a folder" if stat.S_ISDIR(mode) else "a device")


def read_bounded(stream: IO[bytes] | gzip.GzipFile, source: str | os.PathLike[str]) -> bytes:
    """Read a stream to its end, part by part: memory grows with the content, whatever a header may have promised.

    Raises:
        DataError: there are more than ``MAX_BYTES``.
    """
    content = io.BytesIO()
    while chunk := stream.read(_CHUNK):
        if content.tell() + len(chunk) > MAX_BYTES:
            raise DataError(source, f"at most {MAX_BYTES} bytes of content", "more")
        content.write(chunk)
    return content.getvalue()


def list_folder(folder: Path) -> list[Path]:
    """The entries of a folder, sorted by name, without hidden ones and without files that systems put there.

    Raises:
        DataError: the folder may not be read.
    """
    try:
        return sorted(
            entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name.lower() not in _SYSTEM
        )
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> DataError:
    reason = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, FileNotFoundError):
        return DataError(path, "a file or a folder", "nothing of this name")
    return DataError(
        repr(str(path)) if reason is None else path, "something readable", f"an error ({(reason or error)})"
    )
