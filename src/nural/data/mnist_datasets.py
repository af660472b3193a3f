"""MNIST, from the package or from any of the usual files."""

import os
import re
from pathlib import Path

from nural.data.csv_file import read_csv
from nural.data.data_error import DataError
from nural.data.digits import Digits, to_float32
from nural.data.embedded_mnist import EMBEDDED_MNIST, decode
from nural.data.idx_folder import find_idx_files, read_idx_files
from nural.data.image_folder import read_image_folder
from nural.data.npz_file import read_npz
from nural.data.pickle_file import read_pickle
from nural.data.source_file import read_file
from nural.data.splits import split_sets, warn_of_one_class

_LINE_OF_FIELDS = re.compile(rb"(\xef\xbb\xbf)?[\t\r -~]*,")


def load_mnist_datasets(
    path: str | os.PathLike[str] | None = None, label_column: str | int | None = None
) -> tuple[Digits, Digits, Digits]:
    """Load training, validation and test set.

    Args:
        path: None for the MNIST inside nural: 50,000, 10,000 and 10,000 digits. Otherwise one of

            - a pickle of three pairs of arrays, as ``mnist.pkl.gz``, or of a dictionary of arrays, as ``mnist.pkl``; it
              is read without running any code it holds,
            - a folder of IDX files, as ``train-images-idx3-ubyte`` and its three companions, or the folder in which
              torchvision keeps one,
            - an ``.npz`` file with ``x_train``, ``y_train``, ``x_test`` and ``y_test``, as Keras's ``mnist.npz``, or
              with arrays of similar names, see `nural.data.named_arrays`,
            - a CSV file, as Kaggle's ``train.csv``: a label and 784 pixels on each line; `nural.data.csv_file` says how
              the label's column is found,
            - a folder with a subfolder of images for each digit, or with folders ``train`` and ``test`` that have
              such subfolders; `nural.data.prepare` brings each into MNIST's form.

            Files may be gzipped, and are told apart by their content.
        label_column: The labels' column of a CSV file if it is not found: its name in the header, or its number.

    Returns:
        ``(x, y)`` for each set: ``x`` float32 ``(N, 784)``, C-contiguous, 0 for the ground and up to 255/256 for ink;
        ``y`` int64 ``(N,)``. A source without a validation or test set is divided as `nural.data.splits` says.

    Raises:
        DataError: the path is missing or unreadable, is none of the above, or is damaged; or its pictures are no
            digits: `nural.data.load_datasets` keeps these as they are.

    Warns:
        UserWarning: there is only one class to learn from, as when a wrong column was read.
    """
    source = EMBEDDED_MNIST if path is None else Path(path)
    sets = split_sets(_read(source, label_column), source)
    warn_of_one_class(sets[0][1], source)
    train, validation, test = ((to_float32(pixels), labels) for pixels, labels in sets)
    return train, validation, test


def _read(path: Path, label_column: str | int | None) -> list[Digits]:
    content = b"" if path.is_dir() else read_file(path)
    if _LINE_OF_FIELDS.match(content):
        return read_csv(content, path, label_column)
    if label_column is not None:
        raise DataError(path, "a CSV file, of which a column can be named", "something else")
    if path == EMBEDDED_MNIST:
        return decode(content)
    if path.is_dir():
        return _read_folder(path)
    if content.startswith(b"PK\x03\x04"):
        return read_npz(content, path)
    if content.startswith((b"\x80", b"(", b"]", b"}", b"c")):  # a pickle; all but the first: protocols 0 and 1
        return read_pickle(content, path)
    found = f"a file that begins with {content[:8]!r}" if content else "an empty file"
    raise DataError(path, "a pickle, .npz or CSV file of digits, or a folder of IDX files or images", found)


def _read_folder(path: Path) -> list[Digits]:
    idx_files = find_idx_files(path)
    if idx_files:
        return read_idx_files(idx_files, path)
    pictures = read_image_folder(path)
    if pictures.preparation.kind != "digit":
        found = f"others, of {pictures.preparation}, which nural.data.load_datasets keeps as they are"
        raise DataError(path, "digits, in class folders from 0 to 9 or in MNIST's form", found)
    return pictures.sets
