import errno
import os
import stat

import pytest

from nural.atomic_file import write_atomically


def test_replaces_what_was_there(tmp_path):
    write_atomically(tmp_path / "f", b"one")
    write_atomically(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_has_the_mode_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "f", b"")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_failure_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "f", b"x")


@pytest.mark.parametrize(
    ("function", "number", "kind"),
    [
        ("tempfile.mkstemp", errno.EACCES, PermissionError),
        ("os.fsync", errno.ENOSPC, OSError),
        ("pathlib.Path.replace", errno.EACCES, PermissionError),
    ],
)
def test_errors_name_the_file_and_not_the_temporary_one(tmp_path, monkeypatch, function, number, kind):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number), ".f.random")

    path = tmp_path / "f"
    path.write_bytes(b"old")
    monkeypatch.setattr(function, fail)
    with pytest.raises(kind) as raised:
        write_atomically(path, b"new")
    assert str(raised.value) == f"[Errno {number}] {os.strerror(number)}: {str(path)!r}"
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
