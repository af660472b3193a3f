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


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<u1', 'fortran_order': False, 'shape': (60, 28, 28)}",
        "{'shape':(60L, 28L, 28L),'fortran_order':False,'descr':'|u1'}\n",
        '{ "fortran_order" : False , "descr" : "u1" , "shape" : (60 , 28 , 28 ,) , }' + 40 * " " + "\n",
    ],
)
def test_headers_as_other_programs_write_them(tmp_path, train, test, check_sets, header):
    content = b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header.encode() + train[0].tobytes()
    check_sets(replace_member(write_npz(tmp_path / "mnist.npz", train, test), content))


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x.astype(">i8"), y.astype(np.uint8)),
        lambda x, y: (x.astype(np.float64), y.astype(np.float32)),
        lambda x, y: ((x / 256).astype(">f4"), y.astype(">f8")[:, np.newaxis]),
    ],
)
def test_types(tmp_path, train, test, check_sets, change):
    check_sets(write_npz(tmp_path / "mnist.npz", change(*train), change(*test)))


def test_black_and_white(tmp_path, digits):
    white = digits[0] > 127
    for pixels in (white, white.astype(np.uint8), white.astype(np.float64)):
        np.savez(tmp_path / "m.npz", x=pixels, y=digits[1])
        assert all(np.unique(x).tolist() == [0, 1] for x, _ in load_mnist_datasets(tmp_path / "m.npz"))


@pytest.mark.parametrize(
    "names",
    [
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("trainImg", "trainLabel", "t10kImg", "t10kLabel"),
        ("xtrain", "ytrain", "xtest", "ytest"),
        ("training-data", "training-targets", "testing-data", "testing-targets"),
        ("arr_0", "arr_1", "arr_2", "arr_3"),
        ("arr_0", "arr_2", "arr_1", "arr_3"),
    ],
)
def test_names(tmp_path, train, test, check_sets, names):
    arrays = dict(zip(names, (*train, *test), strict=True))
    np.savez(tmp_path / "m.npz", **arrays, note=np.array("text")) if "arr_0" not in names else np.savez(
        tmp_path / "m.npz", *(arrays[name] for name in sorted(names))
    )
    check_sets(tmp_path / "m.npz")


@pytest.mark.parametrize("names", [("x", "y"), ("data", "target"), ("images", "labels"), ("arr_1", "arr_0")])
def test_one_set(tmp_path, digits, check_sets, names):
    arrays = dict(zip(names, digits, strict=True))
    np.savez(tmp_path / "m.npz", **{name: arrays[name] for name in sorted(arrays)})
    check_sets(tmp_path / "m.npz")


def test_three_sets(tmp_path, digits, check_sets):
    x, y = digits
    arrays = {
        "train_images": x[:50],
        "train_labels": y[:50],
        "val_images": x[50:60],
        "val_labels": y[50:60, np.newaxis],
    }
    np.savez(tmp_path / "m.npz", **arrays, test_images=x[60:], test_labels=y[60:])
    check_sets(tmp_path / "m.npz")
    np.savez(
        tmp_path / "m.npz",
        *(array for cut in ((0, 50), (50, 60), (60, 70)) for array in (x[slice(*cut)], y[slice(*cut)])),
    )
    check_sets(tmp_path / "m.npz")


def test_entries_that_macos_adds(tmp_path, train, test, check_sets):
    path = write_npz(tmp_path / "m.npz", train, test)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/._x_train.npy", b"\0\5\x16\7")
    check_sets(path)


@pytest.mark.parametrize(
    "names",
    [("images",), ("x_train", "y_train", "x_test"), ("x_train", "train_data", "y_train"), ("arr_0",), ("a", "b")],
)
def test_arrays_that_are_missing_or_could_be_either(tmp_path, names):
    np.savez(tmp_path / "m.npz", **dict.fromkeys(names, IMAGES))  # pyright: ignore[reportArgumentType]
    found = ", ".join(map(repr, names))
    with pytest.raises(DataError, match=f"m.npz: expected arrays named as x_train, .*, or as x and y, found {found}"):
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
        ({"y_train": LABELS / 2}, "expected labels that are whole numbers, found float64"),
        ({"x_train": IMAGES[:0]}, "x_train: expected an array that is not empty"),
        ({"x_train": np.array("text")}, r"x_train: expected an array of numbers, found one of type '<U4'"),
    ],
)
def test_arrays_of_another_form(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        load_mnist_datasets(save(tmp_path / "m.npz", **arrays))


def test_header_that_promises_more_than_there_is(tmp_path):
    member = npy(IMAGES).replace(b"(12, 28, 28), }" + 6 * b" ", b"(99999, 99999, 99), }")
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
