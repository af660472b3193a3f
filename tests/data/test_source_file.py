import errno
import gzip
from pathlib import Path

import pytest

from nural.data import DataError, source_file
from nural.data.source_file import list_folder, read_file


def test_plain_and_gzipped_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert read_file(path) == b"content"
    path.write_bytes(gzip.compress(b"content"))
    assert read_file(path) == b"content"


def test_truncated_gzip(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(bytes(1000))[:-9])
    with pytest.raises(DataError, match=r"file.gz: expected a whole gzip file, found a truncated one"):
        read_file(path)


@pytest.mark.parametrize("position", [2, 12, -6])
def test_corrupt_gzip(tmp_path, position):
    content = bytearray(gzip.compress(bytes(range(256))))
    content[position] ^= 0xFF
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"file.gz: expected an undamaged gzip file, found a corrupt one"):
        read_file(path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_content_is_bounded(tmp_path, monkeypatch, compress):
    monkeypatch.setattr(source_file, "MAX_BYTES", 1000)
    path = tmp_path / "bomb"
    path.write_bytes(compress(bytes(1000)))
    assert len(read_file(path)) == 1000
    path.write_bytes(compress(bytes(1001)))
    with pytest.raises(DataError, match="bomb: expected at most 1000 bytes of content, found more"):
        read_file(path)


def test_folder_instead_of_a_file(tmp_path):
    with pytest.raises(DataError, match="expected a file, found a folder"):
        read_file(tmp_path)


def test_permission_denied(tmp_path, monkeypatch):  # simulated: the superuser may read anything
    path = tmp_path / "secret"
    path.touch()

    def deny(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(DataError, match=r"secret: expected something readable, found an error \(Permission denied\)"):
        read_file(path)
    with pytest.raises(DataError, match="Permission denied"):
        list_folder(tmp_path)


def test_hidden_entries_are_left_out(tmp_path):
    for name in ("b", ".hidden", "a"):
        (tmp_path / name).touch()
    assert [path.name for path in list_folder(tmp_path)] == ["a", "b"]
