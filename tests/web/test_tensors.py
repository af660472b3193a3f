import json

import numpy as np
from web.client import Answer

from nural.web.tensors import pack, to_json


def test_arrays_come_back():
    arrays = {
        "a": np.arange(6, dtype=np.float64).reshape(2, 3),
        "nothing": np.zeros((0, 4)),
        "ß": np.array([1.5], np.float32),
    }
    manifest, found = Answer(200, {}, pack(arrays, {"loss": np.float32(0.5), "more": [1, None]})).tensors
    assert (manifest["loss"], manifest["more"]) == (0.5, [1, None])
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_arrays_begin_at_multiples_of_four_bytes():
    for length in range(8):
        content = pack({"a": np.ones(1)}, {"name": "x" * length})
        assert len(content) % 4 == 0
        assert int.from_bytes(content[:4], "little") % 4 == 0


def test_what_json_cannot_say_is_null():
    content = {"a": float("nan"), "b": np.float32("inf"), "c": np.array([1.0, np.nan]), 3: (np.int64(4), True)}
    assert json.loads(to_json(content)) == {"a": None, "b": None, "c": [1.0, None], "3": [4, True]}
