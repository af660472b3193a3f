import gzip
import pickle

import numpy as np
import pytest
from digit_files import python2_pickle

from nural.data import DataError, load_mnist_datasets


@pytest.fixture
def sets(mnist):
    """The first 70 digits of MNIST as the tutorial's file has them: float32, divided by 256."""
    (x, y), _, _ = mnist
    return tuple((x[cut], y[cut]) for cut in (slice(50), slice(50, 60), slice(60, 70)))


@pytest.mark.parametrize("protocol", range(6))
def test_round_trip(tmp_path, sets, check_sets, protocol):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps(sets, protocol))
    check_sets(path)


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_round_trip_from_python_2(tmp_path, sets, check_sets, protocol):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(python2_pickle(sets, protocol))
    check_sets(path)


def test_round_trip_gzipped(tmp_path, sets, check_sets):
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(python2_pickle(sets, 2)))
    check_sets(path)


def test_bytes_as_pixels_and_no_validation_set(tmp_path, train, test, check_sets):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps([train, test]))
    check_sets(path)


@pytest.mark.parametrize("protocol", range(6))
def test_a_dictionary_of_arrays(tmp_path, train, test, check_sets, protocol):
    path = tmp_path / "mnist.pkl"
    names = ("train_img", "train_label", "test_img", "test_label")
    arrays = dict(zip(names, (train[0], train[1].astype(np.uint8), test[0], test[1].astype(np.uint8)), strict=True))
    path.write_bytes(pickle.dumps(arrays, protocol))
    check_sets(path)
    if protocol > 2:  # as from Python 2
        path.write_bytes(pickle.dumps({name.encode(): array for name, array in arrays.items()}, protocol))
        check_sets(path)


def test_a_dictionary_of_other_things(tmp_path):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps({"train_img": np.zeros((7, 784), np.uint8), "train_label": [0] * 7}))
    with pytest.raises(DataError, match=r"expected arrays named as x_train, .*, found 'train_img'"):
        load_mnist_datasets(path)


@pytest.mark.parametrize(
    "content", [None, [], (1, 2, 3), [(np.zeros(3), 1)] * 3, [(np.zeros(3), np.zeros(3), np.zeros(3))] * 3]
)
def test_another_structure(tmp_path, content):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(
        DataError,
        match=r"mnist.pkl: expected two or three pairs of arrays, images and labels, or a dictionary of arrays, found",
    ):
        load_mnist_datasets(path)


def test_hostile_pickle(tmp_path):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(b"cos\nsystem\n(S'touch " + bytes(tmp_path / "written") + b"'\ntR.")
    with pytest.raises(DataError, match=r"mnist.pkl: .* found one that would import 'os.system'"):
        load_mnist_datasets(path)
    assert not (tmp_path / "written").exists()


def test_pixels_out_of_range(tmp_path, sets):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps([(x * 300, y) for x, y in sets]))
    with pytest.raises(DataError, match=r"expected float32 pixels from 0 to 1, found pixels from 0.0 to 298.8"):
        load_mnist_datasets(path)
