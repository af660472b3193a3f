"""Damaged model files and checkpoints: what cannot be loaded raises a ModelFileError, and changes nothing."""

import contextlib
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nural.activations import ReLU
from nural.containers import Sequential
from nural.layer import Layer
from nural.layers import Dropout, Linear
from nural.model_file import ModelFileError, load, save
from nural.optimizers import SGD
from nural.training import load_checkpoint, save_checkpoint
from nural.training.divergence import DivergedError
from nural.training.history import History
from nural.training.loop import train

pytestmark = pytest.mark.fuzz

ROUNDS = 1_000  # of each of two kinds of damage, for each kind of file
VALUES = [
    None,
    True,
    -1,
    0,
    1,
    3,
    2**31,
    2**70,
    1.5,
    1e400,
    float("nan"),
    "",
    "Linear",
    "ReLU",
    "\0",
    [],
    {},
    [1],
    {"a": 1},
]


def small_model() -> Layer:
    return Sequential(Linear(3, 4), ReLU(), Dropout(0.5), Linear(4, 2), rng=np.random.default_rng(0))


def trained() -> tuple[Layer, SGD, History]:
    model, optimizer, rng = small_model(), SGD(momentum=0.9), np.random.default_rng(1)
    x, y = rng.normal(size=(8, 3)).astype(np.float32), rng.integers(2, size=8)
    losses = [step.loss for step in train(model, x, y, epochs=2, batch_size=4, optimizer=optimizer)]
    return model, optimizer, History(losses, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}])


def damaged_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    first, second = sorted(int(place) for place in rng.integers(len(content) + 1, size=2))
    match rng.integers(4):
        case 0:
            for _ in range(rng.integers(1, 5)):
                damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        case 1:
            del damaged[first:]
        case 2:
            del damaged[first : min(second, first + 20)]
        case _:
            damaged[first:first] = rng.bytes(int(rng.integers(1, 20)))
    return bytes(damaged)


def damaged_description(content: bytes, rng: np.random.Generator) -> bytes:
    """The same arrays under a description, valid JSON still, in which a value is another or is missing."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    description = json.loads(header["__metadata__"]["nural"])
    places = list(places_in(description))
    for _ in range(rng.integers(1, 3)):
        holder, key = places[rng.integers(len(places))]
        value = VALUES[rng.integers(len(VALUES))]
        if rng.random() < 0.3 and isinstance(holder, dict):
            holder.pop(key, None)
        else:
            holder[key] = value
    header["__metadata__"]["nural"] = json.dumps(description)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(entries):
        yield value, key
        yield from places_in(inner)


def mutants(content: bytes, seed: int) -> Iterator[bytes]:
    rng = np.random.default_rng(seed)
    for damage in (damaged_bytes, damaged_description):
        for _ in range(ROUNDS):
            yield damage(content, rng)


def snapshot(model: Layer, optimizer: SGD) -> str:
    arrays = {**model.params, **model.state, **optimizer.state}
    generators = {name: rng.bit_generator.state for name, rng in model.generators().items()}
    return repr(({name: array.tolist() for name, array in arrays.items()}, generators, optimizer.steps))


def check(path: Path, content: bytes, seed: int, read: Callable[[], None]) -> None:
    """Read each mutant; some must be read and some refused, or nothing was tested."""
    outcomes, failures = {"read": 0, "refused": 0}, {}
    for number, damaged in enumerate(mutants(content, seed)):
        path.write_bytes(damaged)
        try:
            read()
            outcomes["read"] += 1
        except ModelFileError:
            outcomes["refused"] += 1
        except Exception as error:  # all kinds are shown together
            failures.setdefault(f"{type(error).__name__}: {error}"[:150], number)
    assert not failures
    assert min(outcomes.values()) > 0


def test_models(tmp_path):
    path, x = tmp_path / "model.safetensors", np.ones((2, 3), np.float32)
    save(small_model(), path)

    def read() -> None:
        with np.errstate(all="ignore"):  # a changed bit may make a weight as large as floats go
            assert load(path).forward(x).shape == (2, 2)

    check(path, path.read_bytes(), 0, read)


def test_checkpoints(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    model, optimizer, history = trained()
    save_checkpoint(path, model, optimizer, history)
    x, y = np.ones((4, 3), np.float32), np.zeros(4, int)

    def read() -> None:
        model, optimizer = small_model(), SGD(momentum=0.9)
        before = snapshot(model, optimizer)
        try:
            history = load_checkpoint(path, model, optimizer)
        except Exception:
            assert snapshot(model, optimizer) == before, "changed by a file that was refused"
            raise
        assert all(isinstance(value, float) for value in history.losses)
        with contextlib.suppress(DivergedError):
            list(train(model, x, y, epochs=2, batch_size=4, optimizer=optimizer, start=1))

    check(path, path.read_bytes(), 1, read)
