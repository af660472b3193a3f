"""Which files may be written over, by every writer of the library."""

import os

import numpy as np
import pytest
from safetensors.numpy import save_file

import nural
from nural import plots
from nural.atomic_file import write_atomically
from nural.overwriting import MODEL, PICTURE, OverwriteError, require_replaceable, signature, signed

NOT_OURS = "was not written by nural, and would be lost; name another file, or replace it with force=True"


def test_nothing_empty_and_nurals_own_may_be_replaced(tmp_path):
    path = tmp_path / "x.py"
    require_replaceable(path, "page")
    path.touch()
    require_replaceable(path, "page")
    write_atomically(path, signed(f"# {signature('page')}\nx = 1\n"))
    require_replaceable(path, "page")
    with pytest.raises(OverwriteError, match=r"x.py: is a page of nural's that would be lost; name another file"):
        require_replaceable(path, "table")


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content + b"# mine",
        lambda content: content.replace(b"x = 1", b"x = 2"),
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"checksum ", b"checksum 0"),
    ],
)
def test_what_somebody_changed_is_theirs(tmp_path, change):
    path = tmp_path / "x.py"
    path.write_bytes(change(signed(f"# {signature('page')}\nx = 1\n")))
    with pytest.raises(OverwriteError, match=r"was changed since nural wrote it"):
        require_replaceable(path, "page")
    require_replaceable(path, "page", force=True)


@pytest.mark.parametrize(
    "content",
    [b"x", b"# Written by nural\n", b"\x89PNG\r\n\x1a\n", bytes(range(256)), b'\x12\0\0\0\0\0\0\0{"__metadata__":1}'],
)
def test_what_others_wrote_is_theirs(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(OverwriteError, match=NOT_OURS):
        require_replaceable(tmp_path / "x", PICTURE)
    assert isinstance(OverwriteError(tmp_path, ""), FileExistsError)


def test_what_is_read_and_what_is_no_file_are_not_replaced(tmp_path):
    (tmp_path / "picture.png").write_bytes(plots.confusion(np.eye(10, dtype=int), "title"))
    require_replaceable(tmp_path / "picture.png", PICTURE, reads=[tmp_path / "none"])
    (tmp_path / "link.png").symlink_to("picture.png")
    with pytest.raises(OverwriteError, match=r"link.png: is the file that is read, and would be lost"):
        require_replaceable(tmp_path / "link.png", PICTURE, reads=[tmp_path / "picture.png"])
    with pytest.raises(IsADirectoryError):
        require_replaceable(tmp_path, PICTURE, force=True)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="expected a place for a file, found a device"):
        require_replaceable(tmp_path / "pipe", PICTURE, force=True)


def test_models_and_checkpoints(tmp_path, small_model):
    model, path = small_model(), tmp_path / "m.safetensors"
    nural.save(model, path)
    nural.save(model, path)
    x, y = np.zeros((4, 784), np.float32), np.arange(4)
    with pytest.raises(OverwriteError, match=r"is a model of nural's that would be lost"):
        nural.fit(nural.Linear(784, 10), x, y, epochs=1, checkpoint=path)
    path.unlink()
    save_file({"weight": np.ones(3, np.float32)}, path)
    before = path.read_bytes()
    best = nural.BestModel(path)
    for write in (
        lambda: nural.save(model, path),
        lambda: nural.fit(nural.Linear(784, 10), x, y, epochs=1, checkpoint=path),
        lambda: nural.fit(nural.Linear(784, 10), x, y, epochs=1, validation=(x, y), callbacks=[best]),
    ):
        with pytest.raises(OverwriteError, match=NOT_OURS):
            write()
    assert path.read_bytes() == before
    nural.save(model, path, force=True)
    require_replaceable(path, MODEL)
