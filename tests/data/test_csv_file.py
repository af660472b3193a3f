import gzip

import numpy as np
import pytest
from digit_files import csv_bytes, write_idx_folder

from nural.data import DataError, load_mnist_datasets

KAGGLE = "label," + ",".join(f"pixel{i}" for i in range(784))
PANDAS = "label," + ",".join(str(i) for i in range(784))
NUMBERS = ",".join(str(i) for i in range(785))
ROW = b"5" + b",0" * 784 + b"\n"


@pytest.mark.parametrize("header", ["", KAGGLE, PANDAS, NUMBERS, f'"{KAGGLE}"'])
def test_round_trip(tmp_path, digits, check_sets, header):
    path = tmp_path / "train.csv"
    path.write_bytes(csv_bytes(digits, header))
    check_sets(path)


@pytest.mark.parametrize(
    "change",
    [
        gzip.compress,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b",", b", ") + b"\n\n",
    ],
    ids=["gzip", "windows", "byte order mark", "spaces and blank lines"],
)
@pytest.mark.parametrize("header", ["", KAGGLE])
def test_dialects(tmp_path, digits, check_sets, change, header):
    path = tmp_path / "train.csv"
    path.write_bytes(change(csv_bytes(digits, header)))
    check_sets(path)


PIXELS = [f"pixel{i}" for i in range(784)]
COORDINATES = [f"{i // 28 + 1}x{i % 28 + 1}" for i in range(784)]


def written(digits, column, pixels=(), label="", quote=""):
    """With the labels in this column."""
    names = [*pixels[:column], label, *pixels[column:]]
    lines = [",".join(f"{quote}{name}{quote}" for name in names)] if pixels else []
    for image, digit in zip(*digits, strict=True):
        values = [*image[:column], digit, *image[column:]]
        lines.append(",".join(f"{quote}{value}{quote}" for value in values))
    return "\n".join(lines)


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize(
    ("column", "pixels", "label"),
    [
        (784, (), ""),
        (784, PIXELS, "class"),
        (784, PIXELS, "Label"),
        (0, PIXELS, "TARGET"),
        (300, COORDINATES, "digit"),
        (784, [str(i) for i in range(784)], "y"),
        (784, [str(i) for i in range(784)], "784"),
        (0, COORDINATES, "what it is"),
        (1, PIXELS, "number"),
        (784, ["pixel"] * 784, "pixel"),
    ],
)
def test_the_column_of_the_labels_is_found(tmp_path, digits, check_sets, column, pixels, label, quote):
    path = tmp_path / "mnist_784.csv"
    path.write_text(written(digits, column, pixels, label, quote))
    check_sets(path)


@pytest.mark.parametrize(("wanted", "pixels"), [("What", PIXELS), ("301", PIXELS), (301, ()), ("301", ())])
def test_the_column_of_the_labels_is_named(tmp_path, digits, wanted, pixels):
    path = tmp_path / "named.csv"
    path.write_text(written(digits, 300, pixels, "what"))
    assert np.concatenate([y for _, y in load_mnist_datasets(path, wanted)]).tolist() == digits[1].tolist()


@pytest.mark.parametrize(
    ("column", "pixels", "label", "found"),
    [
        (784, ["label", *PIXELS[1:]], "class", r"column 1 \('label'\) and column 785 \('class'\)"),
        (300, (), "", "neither the first nor the last with several values from 0 to 9"),
    ],
)
def test_where_several_columns_or_none_could_be_the_labels(tmp_path, digits, column, pixels, label, found):
    path = tmp_path / "train.csv"
    path.write_text(written(digits, column, pixels, label))
    with pytest.raises(
        DataError, match=f"train.csv: expected one column .*, found {found}; name it with --label-column"
    ):
        load_mnist_datasets(path)


def test_both_ends_could_be_the_labels(tmp_path, digits):
    path = tmp_path / "train.csv"
    images = digits[0].copy()
    images[::3, -1] = 4
    path.write_text(written((images, digits[1]), 0))
    with pytest.raises(DataError, match="found column 1 and column 785; name it"):
        load_mnist_datasets(path)


@pytest.mark.parametrize("wanted", ["nothing", "0", 786, "pixel"])
def test_named_columns_that_are_not_there(tmp_path, digits, wanted):
    path = tmp_path / "train.csv"
    path.write_text(written(digits, 0, ["pixel"] * 784, "label"))
    with pytest.raises(
        DataError, match=f"expected one column '{wanted}', or a number from 1 to 785, found (none|784) in"
    ):
        load_mnist_datasets(path, wanted)


def test_a_column_of_a_file_that_has_none(tmp_path, train):
    with pytest.raises(DataError, match="expected a CSV file, of which a column can be named, found something else"):
        load_mnist_datasets(write_idx_folder(tmp_path, train), "label")


def test_one_class_alone_is_said(tmp_path, digits):
    path = tmp_path / "sevens.csv"
    path.write_text(written((digits[0], np.full(70, 7)), 0, PIXELS, "label"))
    expected = "sevens.csv: expected pictures of two classes at least to learn from, found 7 alone"
    with pytest.warns(UserWarning, match=expected):
        load_mnist_datasets(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ROW + b"5" + b",0" * 783, "line 2: expected 785 fields, a label and 784 pixels, found 784"),
        (ROW + b"5" + b",0" * 785, "line 2: expected 785 fields, a label and 784 pixels, found 786"),
        (KAGGLE.encode() + b"\n" + ROW + ROW[:-2] + b"x", "line 3: expected whole numbers from 0 to 255, found b'x'"),
        (ROW + ROW[:-2] + b"256", "line 2: expected whole numbers from 0 to 255, found b'256'"),
        (ROW + ROW[:-2] + b"-1", "line 2: expected whole numbers from 0 to 255, found b'-1'"),
        (ROW + ROW[:-2] + b"0.5", "line 2: expected whole numbers from 0 to 255, found b'0.5'"),
        (ROW + ROW[:-2], "line 2: expected whole numbers from 0 to 255, found b''"),
        (
            KAGGLE.encode() + b"\n\n" + ROW + b"10" + ROW[1:],
            "line 4, column 1 .'label'.: expected a label .*, found 10",
        ),
        (ROW + b"-1" + ROW[1:], "line 2: expected whole numbers from 0 to 255, found b'-1'"),
        (b"5x" + ROW[1:] + ROW, "line 1: expected whole numbers from 0 to 255, found b'5x'"),
        (b"nan" + ROW[1:] + ROW, "line 1: expected whole numbers from 0 to 255, found b'nan'"),
        (b"label,pixels\n" + ROW, "line 1: expected 785 fields, a label and 784 pixels, found 2"),
        (ROW + ROW[:-2] + b"1 2", "line 2: expected whole numbers from 0 to 255, found b'1 2'"),
        (KAGGLE.encode(), "expected digits, found none"),
        (KAGGLE.encode() + b"\n" + ROW, "expected at least 7 pictures to divide, found 1"),
        (b"1,2\n" * 9, "line 1: expected 785 fields, a label and 784 pixels, found 2"),
    ],
)
def test_what_is_refused(tmp_path, content, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"train.csv.*{message}"):
        load_mnist_datasets(path)
