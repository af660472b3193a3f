import struct

import numpy as np
import pytest
from digit_files import idx_bytes, write_idx_folder

from nural.data import DataError, load_mnist_datasets, map_idx


@pytest.mark.parametrize(
    "names",
    [
        "{}-{}-idx{}-ubyte",
        "{}-{}-idx{}-ubyte.gz",
        "{}-{}.idx{}-ubyte",
        "emnist-digits-{}-{}-idx{}-ubyte.gz",
    ],
)
def test_round_trip(tmp_path, train, test, check_sets, names):
    check_sets(write_idx_folder(tmp_path, train, test, names))


def test_test_set_by_another_name(tmp_path, train, test, check_sets):
    write_idx_folder(tmp_path, train, test)
    for path in tmp_path.glob("t10k*"):
        path.rename(tmp_path / path.name.replace("t10k", "test"))
    check_sets(tmp_path)


def test_without_a_test_set(tmp_path, digits, check_sets):
    check_sets(write_idx_folder(tmp_path, digits))


def test_plain_files_go_before_gzipped_ones(tmp_path, train, test, check_sets):
    write_idx_folder(tmp_path, train, test)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"not read")
    check_sets(tmp_path)


def test_a_file_is_missing(tmp_path, train):
    write_idx_folder(tmp_path, train)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="expected a file of train-labels, found only train-images-idx3-ubyte"):
        load_mnist_datasets(tmp_path)


def test_several_data_sets(tmp_path, train):
    write_idx_folder(tmp_path, train, names="emnist-digits-{}-{}-idx{}-ubyte")
    write_idx_folder(tmp_path, train, names="emnist-mnist-{}-{}-idx{}-ubyte")
    with pytest.raises(DataError, match="the IDX files of one data set, found several: emnist-digits-, emnist-mnist-"):
        load_mnist_datasets(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file of 3 dimensions .00 00 08 03., found an empty file"),
        (b"\x1f\x8a12", "expected an IDX file of 3 dimensions .00 00 08 03., found 1f 8a 31 32"),
        (struct.pack(">II", 0x801, 3) + b"123", "expected an IDX file of 3 dimensions .*, found 00 00 08 01"),
        (struct.pack(">II", 0x803, 3), "expected an IDX header of 16 bytes, found 8 bytes"),
        (struct.pack(">4I", 0x803, 60, 28, 28) + bytes(60 * 784 - 1), "expected 47040 bytes.*60, 28, 28.*47039 bytes"),
        (struct.pack(">4I", 0x803, 60, 28, 28) + bytes(60 * 784 + 1), "expected 47040 bytes.*, found 47041 bytes"),
        (struct.pack(">4I", 0x803, *[2**32 - 1] * 3), "expected 79228162458924105385300197375 bytes.*, found 0 bytes"),
        (struct.pack(">4I", 0x803, 60, 27, 28) + bytes(60 * 756), r"images of 28×28 pixels, found .*\(60, 27, 28\)"),
        (struct.pack(">4I", 0x803, 59, 28, 28) + bytes(59 * 784), r"expected 59 labels, .* found labels of shape"),
    ],
)
def test_images_that_are_none(tmp_path, train, content, message):
    write_idx_folder(tmp_path, train)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=f"train-images-idx3-ubyte: .*{message}"):
        load_mnist_datasets(tmp_path)


def test_no_digits(tmp_path, train):
    write_idx_folder(tmp_path, (train[0][:0], train[1][:0]))
    with pytest.raises(DataError, match="expected digits, found none"):
        load_mnist_datasets(tmp_path)


def test_letters(tmp_path, train):
    write_idx_folder(tmp_path, train)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(train[1] + 1))
    with pytest.raises(DataError, match="expected labels from 0 to 9, found labels from 1 to 10"):
        load_mnist_datasets(tmp_path)


def test_a_mapped_file(tmp_path, train):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(train[0].reshape(-1, 28, 28)))
    images = map_idx(path)
    np.testing.assert_array_equal(images.reshape(-1, 784), train[0])
    assert images.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file of 1 dimensions .*, found an empty file"),
        (b"\x1f\x8b12", "expected an IDX file that can be mapped, found a gzipped one"),
        (b"\0\0\x0d\x03", "expected an IDX file of 3 dimensions .00 00 08 03., found 00 00 0d 03"),
        (struct.pack(">II", 0x803, 3), "expected an IDX header of 16 bytes, found 8 bytes"),
        (struct.pack(">3I", 0x802, 60, 7) + bytes(419), r"expected 420 bytes, as its header says \(60, 7\), found 419"),
        (struct.pack(">3I", 0x802, 0, 7), r"expected an IDX file with elements, found none, in shape \(0, 7\)"),
    ],
)
def test_files_that_cannot_be_mapped(tmp_path, content, message):
    (tmp_path / "images").write_bytes(content)
    with pytest.raises(DataError, match=f"images: {message}"):
        map_idx(tmp_path / "images")
    with pytest.raises(DataError, match="expected a file, found a folder"):
        map_idx(tmp_path)


@pytest.mark.parametrize("names", ["{}-{}-idx{}-ubyte", "{}-{}-idx{}-ubyte.gz"])
@pytest.mark.parametrize("below", ["raw", "MNIST/raw"])
def test_the_folders_of_torchvision(tmp_path, train, test, check_sets, names, below):
    (tmp_path / below).mkdir(parents=True)
    write_idx_folder(tmp_path / below, train, test, names)
    check_sets(tmp_path)


def test_several_data_sets_of_torchvision(tmp_path, train, check_sets):
    for name in ("FashionMNIST", "MNIST"):
        (tmp_path / name / "raw").mkdir(parents=True)
        write_idx_folder(tmp_path / name / "raw", train)
    with pytest.raises(DataError, match=r"expected the IDX files of one data set, found several: .*FashionMNIST/raw, "):
        load_mnist_datasets(tmp_path)
