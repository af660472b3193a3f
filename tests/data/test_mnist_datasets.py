import os
import subprocess
import sys

import pytest

from nural.data import DataError, load_mnist_datasets


def test_missing_path(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: expected a file or a folder, found nothing of this name"):
        load_mnist_datasets(tmp_path / "nowhere")


def test_path_with_a_null_character():
    with pytest.raises(DataError, match=r"expected something readable, found an error \(embedded null"):
        load_mnist_datasets("a\0b")


def test_empty_file(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(DataError, match=r"empty: expected a pickle, .npz or CSV file .* found an empty file"):
        load_mnist_datasets(path)


def test_file_of_another_kind(tmp_path):
    path = tmp_path / "digits.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(DataError, match=r"expected a pickle.*, found a file that begins with b'%PDF-1.7'"):
        load_mnist_datasets(path)


def test_empty_folder(tmp_path):
    with pytest.raises(DataError, match="expected IDX files, or a subfolder of images for each class, found neither"):
        load_mnist_datasets(tmp_path)


def test_device(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe: expected a file, found a device"):
        load_mnist_datasets(tmp_path / "pipe")


def test_strings_are_paths(tmp_path):
    with pytest.raises(DataError, match="neither"):
        load_mnist_datasets(str(tmp_path))


def test_import_loads_neither_pillow_nor_safetensors():
    code = "import sys, nural.data; sys.exit(bool({'PIL', 'safetensors'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
