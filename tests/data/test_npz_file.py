import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from digit_files import write_npz

from nural.data import DataError, load_mnist_datasets, source_file

IMAGES, LABELS = np.zeros((12, 28, 28), np.uint8), np.arange(12) % 10


def save(path: Path, **arrays: np.ndarray) -> Path:
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS} | arrays
    np.savez(path, allow_pickle=True, **arrays)  # pyright: ignore[reportArgumentType]
    return path


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def replace_member(path: Path, content: bytes, **options) -> Path:
    """Write the archive again with another x_train."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, member in (members | {"x_train.npy": content}).items():
            archive.writestr(name, member)
    return path


def test_round_trip(tmp_path, train, test, check_sets):
    check_sets(write_npz(tmp_path / "mnist.npz", train, test))


def test_round_trip_deflated_in_fortran_order(tmp_path, train, test, check_sets):
    path = write_npz(tmp_path / "mnist.npz", train, test)
    fortran = npy(np.asfortranarray(train[0].reshape(-1, 28, 28)))
    check_sets(replace_member(path, fortran, compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header(tmp_path, train, test, check_sets, version):
    file = io.BytesIO()
    np.lib.format.write_array(file, train[0], version=version)
    check_sets(replace_member(write_npz(tmp_path / "mnist.npz", train, test), file.getvalue()))


def test_missing_array(tmp_path):
    np.savez(tmp_path / "m.npz", images=IMAGES)
    with pytest.raises(
        DataError, match=r"m.npz: expected arrays named x_train, y_train, x_test, y_test, found 'images'"
    ):
        load_mnist_datasets(tmp_path / "m.npz")


def test_object_arrays_are_not_unpickled(tmp_path):
    path = save(tmp_path / "m.npz", y_test=np.array([print] * 12, object))
    with pytest.raises(DataError, match=r"m.npz, y_test: expected an array of numbers, found one of type '\|O'"):
        load_mnist_datasets(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": IMAGES[:, 1:]}, r"expected images of 28×28 pixels, found an array of shape \(12, 27, 28\)"),
        ({"y_train": LABELS[1:]}, r"expected 12 labels, one for each image, found labels of shape \(11,\)"),
        ({"y_train": LABELS + 1}, "expected labels from 0 to 9, found labels from 1 to 10"),
        ({"y_train": LABELS / 2}, "expected labels that are integers, found float64"),
        ({"x_train": IMAGES[:0]}, "x_train: expected an array that is not empty"),
        ({"x_train": np.array("text")}, r"x_train: expected an array of numbers, found one of type '<U4'"),
    ],
)
def test_arrays_of_another_form(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        load_mnist_datasets(save(tmp_path / "m.npz", **arrays))


def test_header_that_promises_more_than_there_is(tmp_path):
    member = npy(IMAGES).replace(b"(12, 28, 28)", b"(99999, 99999, 99)")
    path = replace_member(save(tmp_path / "m.npz"), member)
    with pytest.raises(DataError, match=r"x_train: expected 98998020\d+ bytes for \|u1 of shape .*, found 9408 bytes"):
        load_mnist_datasets(path)


def test_member_that_is_no_array(tmp_path):
    with pytest.raises(DataError, match="expected a NumPy array of numbers as x_train, found another object"):
        load_mnist_datasets(replace_member(save(tmp_path / "m.npz"), b"text"))


def test_rare_compressions_are_refused(tmp_path):
    path = replace_member(save(tmp_path / "m.npz"), npy(IMAGES), compression=zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="expected arrays stored or deflated, found x_train in another compression"):
        load_mnist_datasets(path)


def test_bomb(tmp_path, monkeypatch):
    path = replace_member(save(tmp_path / "m.npz"), bytes(1_000_000), compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(source_file, "MAX_BYTES", 100_000)
    with pytest.raises(DataError, match="expected at most 100000 bytes of content, found more"):
        load_mnist_datasets(path)


def test_truncated_archive(tmp_path):
    path = save(tmp_path / "m.npz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"m.npz: expected an undamaged .npz file, found a corrupt one"):
        load_mnist_datasets(path)


def test_damaged_member(tmp_path):
    path = save(tmp_path / "m.npz")
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"corrupt one .Bad CRC-32"):
        load_mnist_datasets(path)
