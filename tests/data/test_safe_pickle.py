import math
import os
import pickle
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from nural.data import DataError
from nural.data.pickled_array import PickledArray
from nural.data.safe_pickle import load_pickle

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def load_array(content: bytes) -> np.ndarray:
    array = load_pickle(content, "file")
    assert isinstance(array, PickledArray)
    return array.to_numpy("file")


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        ARRAY,
        np.asfortranarray(ARRAY),
        ARRAY[:, ::2],
        ARRAY.astype(">f8"),
        np.array([True, False]),
        np.arange(300, dtype=np.int64),
        np.arange(5, dtype=np.uint8),
        np.float64(0.5),
    ],
    ids=["C", "Fortran", "strided", "big-endian", "bool", "long", "bytes", "scalar"],
)
def test_arrays(array, protocol):
    loaded = load_array(pickle.dumps(array, protocol))
    assert loaded.dtype == array.dtype
    assert loaded.shape == array.shape
    assert (loaded == array).all()


@pytest.mark.parametrize("protocol", range(6))
def test_tuples_lists_dictionaries_and_numbers(protocol):
    value = ([], (), (1, 2), (1, 2, 3, 4), [1.5, -3, 2**40, 2**100, None, True], math.inf, "text")
    value = (*value, {}, {"a": 1}, {"a": [1], "b": {"c": ()}})
    assert load_pickle(pickle.dumps(value, protocol), "file") == value


def test_one_array_in_two_places():
    first, second = load_pickle(pickle.dumps([ARRAY, ARRAY], 2), "file")  # pyright: ignore[reportGeneralTypeIssues]
    assert first is second


class Call:
    """Pickled, it asks the reader to call a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "name"),
    [(os.system, "system"), (eval, r"(builtins|__builtin__)\.eval"), (np.load, "numpy.load"), (print, "print")],
)
def test_functions_are_refused_by_name(protocol, function, name):
    content = pickle.dumps([ARRAY, Call(function, "x")], protocol)
    with pytest.raises(
        DataError, match=f"file: expected a pickle of NumPy arrays.*found one that would import .*{name}"
    ):
        load_pickle(content, "file")


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_would_write_a_file(tmp_path, protocol):
    target = tmp_path / "written"
    content = pickle.dumps(Call(Path.write_text, target, "x"), protocol)
    with pytest.raises(DataError, match="would import"):
        load_pickle(content, "file")
    assert not target.exists()
    pickle.loads(content)
    assert target.exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"(S'echo'\nios\nsystem\n.", "one that would import 'os.system'"),
        (b"cnumpy\ndtype\n(N}S'__defaults__'\n(tst" + b"b.", "one that would change a type"),
        (b"(NNtS'a'\nNs.", "one that would change a tuple"),
        (b"(lI0\nNs.", "one that would change a list"),
        (b"cnumpy\ndtype\n(S'f4'\ntRS'a'\nNs.", "one that would change a PickledType"),
        (b"}I1\nNs.", "a dictionary with other keys than strings"),
        (b"(I1\nNd.", "a dictionary with other keys than strings"),
        (b"})" + b"p0\ng0\n\x86" * 60 + b"Ns.", "a dictionary with other keys than strings"),
        (b"(S'a'\nd.", "a damaged one .ValueError"),
        (b"S'a'\nNs.", "a damaged one .IndexError"),
        (b"c_codecs\nencode\n(NNtb.", "one that would change a type"),
        (b"cnumpy\nndarray\n)R.", "a damaged one .TypeError"),
        (b"\x82\x01.", "the instruction EXT1"),
        (b"Pid\n.", "the instruction PERSID"),
        (b"\x8f.", "the instruction EMPTY_SET"),
        (b"N" * 10_001 + b".", "one of more than 10000 instructions"),
        (b"\x96" + struct.pack("<Q", 1 << 40) + b".", "a damaged one"),
        (b"\x8e" + struct.pack("<Q", 1 << 62) + b".", "a damaged one"),
        (b"\x95" + struct.pack("<Q", 1 << 62) + b".", "a damaged one"),
        (b"S'\\q\n.", "a damaged one"),
        (b"", "a damaged one .EOFError"),
        (b"\x80\x09.", "a damaged one .ValueError"),
        (b"\xff", "a damaged one .KeyError"),
    ],
)
def test_damaged_and_hostile_pickles(content, found):
    with pytest.raises(DataError, match=f"file: expected a pickle of NumPy arrays, .*, found {found}"):
        load_pickle(content, "file")


def test_huge_memo_index_costs_nothing():
    assert load_pickle(b"Nr" + struct.pack("<I", 2**32 - 1) + b".", "file") is None


def test_colliding_memo_indices_end_soon():
    modulus = 2**61 - 1
    start = time.perf_counter()
    with pytest.raises(DataError, match="instructions"):
        load_pickle(b"N" + b"".join(b"p%d\n" % (i * modulus) for i in range(20_000)) + b".", "file")
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("(I1\n(I2\nI3\ntDI00\nS'123456'\nt", "expected 24 bytes for <f4 of shape .2, 3., found 6 bytes"),
        ("(I1\n(I-1\ntDI00\nS'1234'\nt", "an array that is not empty"),
        ("(I1\n(I0\ntDI00\nS''\nt", "an array that is not empty"),
        ("(I1\n(I99999999999999\ntDI00\nS''\nt", "an array that is not empty"),
        ("(I1\n(I1\nI1\nI1\nI1\nI1\ntDI00\nS'1234'\nt", "four dimensions at most"),
        ("(I1\nNDI00\nS'1234'\nt", "expected arrays of numbers"),
        ("(I1\n(I1\ntNI00\nS'1234'\nt", "expected arrays of numbers"),
        ("(I1\n(I1\ntDI00\nNt", "expected arrays of numbers"),
        ("(I1\n(F1.0\ntDI00\nS'1234'\nt", "expected arrays of numbers"),
        ("(I1\n(I1\ntDI00\nc_codecs\nencode\n(V\\u20ac\nNtRt", "expected arrays of numbers"),
    ],
)
def test_arrays_whose_parts_disagree(state, message):
    dtype = "cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    array = "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    with pytest.raises(DataError, match=f"file.*{message}"):
        load_array((array + state.replace("D", dtype) + "b.").encode())


@pytest.mark.parametrize("dtype", ["O", "V8", "U4", "S4", "M8", "m8", "c8", "f16", "f4,f4", "?"])
def test_arrays_of_anything_but_numbers(dtype):
    content = pickle.dumps(np.zeros(2, np.float32), 2).replace(
        b"X\x02\0\0\0f4", b"X" + struct.pack("<I", len(dtype)) + dtype.encode()
    )
    with pytest.raises(DataError, match="expected an array of numbers, found one of type"):
        load_array(content)


@pytest.mark.parametrize("value", [b"]" * 2000 + b"a" * 1999, b")" + b"p0\ng0\n\x86" * 60], ids=["deep", "doubling"])
def test_a_type_whose_text_would_never_end(value):
    array = b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(" + value + b"tRS'1234'\ntR."
    with pytest.raises(DataError, match=r"expected an array of numbers, found one of type '=\?'"):
        load_array(array)


def test_object_array():
    with pytest.raises(DataError, match="file: expected"):
        load_array(pickle.dumps(np.array([print, 1], object)))
