"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to a temporary file beside ``path`` and rename it over ``path``.

    At any moment, and after a crash, readers see the old file or the new one, never a part of either. A symbolic link
    stays: the file that it names is replaced. A process that is killed here leaves a file ``.{name}.…`` behind, since
        no
    later one can tell whether it is still being written.

    Raises:
        OSError: the folder does not exist, cannot be written or is full. It names ``path``, which is then as it was.
    """
    path = Path(path)
    try:
        _replace(path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes) -> None:
    path = Path(os.path.realpath(path))
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mode = 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
