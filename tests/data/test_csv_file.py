import gzip

import pytest
from digit_files import csv_bytes

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


def test_label_in_the_last_column(tmp_path, digits, check_sets):
    rows = [line.split(",", 1) for line in csv_bytes(digits).decode().splitlines()]
    header = KAGGLE.removeprefix("label,") + ",class\n"
    path = tmp_path / "mnist_784.csv"
    path.write_text(header + "\n".join(f"{pixels},{label}" for label, pixels in rows))
    check_sets(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ROW + b"5" + b",0" * 783, "line 2: expected 785 fields, a label and 784 pixels, found 784"),
        (ROW + b"5" + b",0" * 785, "line 2: expected 785 fields, a label and 784 pixels, found 786"),
        (KAGGLE.encode() + b"\n" + ROW + ROW[:-2] + b"x", "line 3: expected pixels that are integers .*, found b'x'"),
        (ROW + ROW[:-2] + b"256", "line 2: expected pixels that are integers from 0 to 255, found b'256'"),
        (ROW + ROW[:-2] + b"-1", "line 2: expected pixels that are integers from 0 to 255, found b'-1'"),
        (ROW + ROW[:-2] + b"0.5", "line 2: expected pixels that are integers from 0 to 255, found b'0.5'"),
        (ROW + ROW[:-2], "line 2: expected pixels that are integers from 0 to 255, found b''"),
        (ROW + b"10" + ROW[1:], "line 2: expected a label from 0 to 9, found b'10'"),
        (ROW + b"-1" + ROW[1:], "line 2: expected a label from 0 to 9, found b'-1'"),
        (b"5x" + ROW[1:] + ROW, "line 1: expected a label from 0 to 9, found b'5x'"),
        (b"x" + ROW[1:] + ROW, "line 1: expected a label from 0 to 9, found b'x'"),
        (b"nan" + ROW[1:] + ROW, "line 1: expected a label from 0 to 9, found b'nan'"),
        (b"label,pixels\n" + ROW, "line 1: expected 785 fields, a label and 784 pixels, found 2"),
        (ROW + ROW[:-2] + b"1 2", "line 2: expected pixels that are integers from 0 to 255, found b'1 2'"),
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
