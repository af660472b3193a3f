"""Training on files of 20 GB, sparse ones that hold next to nothing, in a process that may use 1 GB."""

import io
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

SAMPLES = 25_600_000
BYTES = SAMPLES * 784
LIMIT = 1 << 30

TRAINING = """
import re
import resource
from pathlib import Path

import numpy as np

import nural
from nural.data import Scaled, map_idx
from nural.training.loop import train

x, y = {x}, np.arange({samples}, dtype=np.uint8) % 10
model = nural.Sequential(nural.Linear(784, 64), nural.ReLU(), nural.Linear(64, 10))
steps = train(model, {inputs}, y, batch_size=64)
for progress in steps:
    if progress.step == 300:
        break
status = Path("/proc/self/status")  # where there is one: what getrusage says may be of the process that began this one
if status.exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * {unit}
print(progress.steps, x.shape, peak)
"""


@pytest.fixture
def sparse_file(tmp_path):
    """A builder of a file that begins with a header and is as long as ``BYTES`` of zeros after it."""

    def build(name, header):
        path = tmp_path / name
        try:
            with path.open("wb") as file:
                file.write(header)
                file.truncate(len(header) + BYTES)
        except OSError as error:
            pytest.skip(f"the file system has no place for a sparse file of 20 GB ({error.strerror})")
        if path.stat().st_blocks * 512 > 1 << 20:
            pytest.skip("the file system has no sparse files")
        return path

    return build


def train_on(x, inputs):
    """Steps of an epoch, shape of the data and the largest number of bytes in memory, of a training on them."""
    program = TRAINING.format(x=x, inputs=inputs, samples=SAMPLES, unit=1 if sys.platform == "darwin" else 1024)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def header_of_npy():
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (SAMPLES, 784)})
    return header.getvalue()


@pytest.mark.skipif(os.name != "posix", reason="needs a system that says how much memory a process used")
@pytest.mark.parametrize("kind", ["npy", "idx"])
def test_a_training_keeps_to_a_gigabyte(kind, sparse_file):
    if kind == "npy":
        x, inputs = f'np.load({str(sparse_file("x.npy", header_of_npy()))!r}, mmap_mode="r")', "x"
    else:
        header = struct.pack(">4I", 0x803, SAMPLES, 28, 28)
        x, inputs = f"map_idx({str(sparse_file('x', header))!r}).reshape(-1, 784)", "Scaled(x, 1 / 256)"
    *described, peak = train_on(x, inputs).split()
    assert " ".join(described) == f"{5 * SAMPLES // 64} ({SAMPLES}, 784)"
    assert int(peak) < LIMIT
