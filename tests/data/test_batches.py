import tracemalloc

import numpy as np
import pytest

from nural.data import Batches
from nural.data.batches import rows

X = np.arange(70 * 3, dtype=np.float32).reshape(70, 3)
Y = np.arange(70)


class IncreasingOnly:
    """Indexable as an HDF5 data set is."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        assert (np.diff(index) > 0).all()
        return self.array[index]


class Table:
    """Rows of which `[]` asks by label, as pandas's."""

    iloc = None

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.array

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        return self.array[::-1][index]


def collect(batches: Batches, seed: int, start: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(x.copy(), y.copy()) for x, y in batches.epoch(np.random.default_rng(seed), start)]


def order(epoch) -> list[int]:
    return [int(label) for _, y in epoch for label in y]


@pytest.mark.parametrize("batch_size", [1, 8, 35, 70, 100])
def test_every_sample_once_beside_its_target(batch_size):
    batches = Batches(X, Y, batch_size)
    epoch = collect(batches, seed=0)
    assert len(epoch) == len(batches) == -(-70 // batch_size)
    assert sorted(order(epoch)) == list(range(70))
    assert [len(x) for x, _ in epoch[:-1]] == [batch_size] * (len(epoch) - 1)
    assert len(epoch[-1][0]) == 70 - batch_size * (len(epoch) - 1)
    for x, y in epoch:
        assert (x == X[y]).all()


def test_each_epoch_is_mixed_anew_and_a_seed_repeats_it():
    batches, rng = Batches(X, Y, 8), np.random.default_rng(1)
    first, second = (order((None, y.copy()) for _, y in batches.epoch(rng)) for _ in range(2))
    assert first != second != sorted(second)
    assert first == order(collect(batches, seed=1))


@pytest.mark.parametrize("start", [0, 1, 5, 9])
def test_start_skips_batches_and_draws_the_same_order(start):
    batches = Batches(X, Y, 8)
    rng, rng_of_whole = np.random.default_rng(2), np.random.default_rng(2)
    rest = [y.tolist() for _, y in batches.epoch(rng, start)]
    assert rest == [y.tolist() for _, y in batches.epoch(rng_of_whole)][start:]
    assert rng.random() == rng_of_whole.random()


def test_order_is_drawn_when_the_epoch_is_made():
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    epoch = Batches(X, Y, 8).epoch(rng)
    other.permutation(70)
    assert rng.random() == other.random()
    assert len(list(epoch)) == 9


def test_the_order_is_that_of_a_permutation():
    batches, rng, other = Batches(X, Y, 8), np.random.default_rng(6), np.random.default_rng(6)
    for _ in range(3):
        assert order(batches.epoch(rng)) == other.permutation(70).tolist()


def test_an_epoch_ends_where_a_later_one_begins():
    batches, rng = Batches(X, Y, 8), np.random.default_rng(7)
    first = batches.epoch(rng)
    next(first)
    second = batches.epoch(rng)
    with pytest.raises(RuntimeError, match="a later epoch of these batches has begun"):
        next(first)
    assert sorted(order(second)) == list(range(70))


@pytest.mark.parametrize("kind", [np.ndarray.tolist, lambda array: tuple(array), list])
def test_lists_and_tuples(kind):
    for (x, y), (x_plain, y_plain) in zip(
        collect(Batches(kind(X), kind(Y), 8), 8), collect(Batches(X, Y, 8), 8), strict=True
    ):
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert (x == x_plain).all()
        assert (y == y_plain).all()


@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, np.ndarray.tolist, tuple, IncreasingOnly, Table])
def test_rows(kind):
    source = kind(X)
    for begin, end in ((0, 8), (8, 70), (64, 72)):
        found = rows(source, begin, end)
        assert isinstance(found, np.ndarray)
        assert (found == X[begin:end]).all()


def test_a_short_last_batch_can_be_left_out():
    batches, whole = Batches(X, Y, 8, drop_last=True), Batches(X, Y, 8)
    epoch = collect(batches, seed=4)
    assert len(epoch) == len(batches) == 8
    assert order(epoch) == order(collect(whole, seed=4))[:64]
    assert order(collect(batches, seed=4, start=3)) == order(epoch)[24:]
    assert len(Batches(X, Y, 35, drop_last=True)) == 2
    with pytest.raises(ValueError, match="expected a batch_size of at most 70, the number of samples, found 71"):
        Batches(X, Y, 71, drop_last=True)


def test_buffers_are_reused():
    batches = Batches(X, Y, 8)
    addresses = {
        (x.ctypes.data, y.ctypes.data) for seed in (0, 1) for x, y in batches.epoch(np.random.default_rng(seed))
    }
    assert len(addresses) == 1


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "source",
    [
        IncreasingOnly,
        Table,
        np.asfortranarray,
        lambda x: x[::-1][::-1],
        lambda x: x.astype(">f4"),
        lambda x: x.astype(object),
        read_only,
    ],
    ids=["HDF5", "table", "Fortran", "strided", "big-endian", "objects", "read-only"],
)
def test_every_source_gives_the_same_batches(source):
    for (x, y), (x_plain, y_plain) in zip(
        collect(Batches(source(X), IncreasingOnly(Y), 8), 4), collect(Batches(X, Y, 8), 4), strict=True
    ):
        assert x.dtype == np.float32
        assert (x == x_plain).all()
        assert (y == y_plain).all()


def test_memmap(tmp_path):
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert isinstance(x, np.memmap)
    assert all((batch == X[y]).all() for batch, y in collect(Batches(x, Y, 8), 5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(dtype):
    images = np.arange(256, dtype=np.uint8).reshape(16, 4, 4)
    one_hot = np.eye(16, dtype=np.float16)
    x, y = next(Batches(images, one_hot, 4, dtype).epoch(np.random.default_rng(0)))
    assert x.dtype == y.dtype == dtype
    assert (x == images[y.argmax(axis=1)]).all()
    _, labels = next(Batches(images, np.arange(16, dtype=np.uint8), 4, dtype).epoch(np.random.default_rng(0)))
    assert labels.dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize(
    "layout", [np.asarray, np.asfortranarray, lambda x: x[:, ::-1]], ids=["plain", "Fortran", "strided"]
)
def test_no_large_allocation_after_the_first_batch(dtype, layout):
    x, y = np.zeros((10_000, 256), dtype), np.zeros((10_000, 10), dtype)
    batches, rng = Batches(layout(x), layout(y), 128), np.random.default_rng(0)
    next(batches.epoch(rng))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        assert sum(1 for _ in range(2) for _ in batches.epoch(rng)) == 2 * len(batches)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 64 * 1024


@pytest.mark.parametrize(
    ("x", "y", "batch_size", "message"),
    [
        (X, Y[1:], 8, "expected as many targets as samples, found 70 samples and 69 targets"),
        (X[:0], Y[:0], 8, "expected samples, found none"),
        (X, Y, 0, "expected a batch_size of at least 1, found 0"),
        (X.astype(str), Y, 8, "expected samples that are numbers, found .*'0.0'"),
        (np.where(X == 4, "four", X.astype(object)), Y, 8, "expected samples that are numbers, found 'four'"),
    ],
)
def test_what_is_refused(x, y, batch_size, message):
    with pytest.raises(ValueError, match=message):
        Batches(x, y, batch_size)


@pytest.mark.parametrize("start", [-1, 10])
def test_start_outside_of_the_epoch(start):
    with pytest.raises(ValueError, match=f"expected start from 0 to 9, found {start}"):
        Batches(X, Y, 8).epoch(np.random.default_rng(0), start)
