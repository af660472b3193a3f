"""``mpiexec -n N nural train``."""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nural.cli.run import CHECKPOINT

pytestmark = pytest.mark.mpi

NURAL = [sys.executable, "-m", "nural"]


@pytest.fixture
def digits(tmp_path, mnist):
    """1,000 digits to learn from."""
    path = tmp_path / "small.npz"
    (x, y), _, (x_test, y_test) = mnist
    pixels = [(256 * part).astype(np.uint8).reshape(-1, 28, 28) for part in (x[:1000], x_test[:200])]
    np.savez(path, x_train=pixels[0], y_train=y[:1000], x_test=pixels[1], y_test=y_test[:200])
    return path


def rows(folder):
    return [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]


def assert_same_curve(folder, other):
    header, *curve = rows(folder)
    other_header, *other_curve = rows(other)
    assert header == other_header
    np.testing.assert_allclose(np.array(curve, float), np.array(other_curve, float), rtol=0, atol=1e-5)


def test_only_the_first_rank_prints_and_the_curve_is_that_of_one_process(mpiexec, digits):
    options = ["train", "--recipe", "two-layer", "--epochs", "2", "--data", digits, "--threads", "1"]
    result = mpiexec((4, [*NURAL, *options, "--out", "four"]))
    mpiexec((1, [*NURAL, *options, "--out", "one"]))
    assert result.stdout.count("training two-layer") == 1
    assert len(re.findall("^epoch +[12] ", result.stdout, re.M)) == 2
    assert "threads: 1 BLAS thread, on each of 4 ranks" in result.stdout
    assert result.stdout.count("test accuracy") == 1
    assert result.stderr == ""
    names = {path.name for path in (mpiexec.folder / "one").iterdir()}
    assert {path.name for path in (mpiexec.folder / "four").iterdir()} == names
    assert_same_curve(mpiexec.folder / "four", mpiexec.folder / "one")


def test_json_is_one_object(mpiexec, digits):
    result = mpiexec((2, [*NURAL, "train", "--epochs", "1", "--data", digits, "--out", "run", "--json"]))
    assert json.loads(result.stdout)["recipe"] == "mlp"


def process_of(rank, launcher):
    """The number of the process that is this rank of those under a launcher."""
    names = {b"PMI_RANK=%d" % rank, b"OMPI_COMM_WORLD_RANK=%d" % rank}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            begun_with = set((folder / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if names & begun_with and launcher in ancestors(int(folder.name)):
            return int(folder.name)
    raise LookupError(f"there is no process of rank {rank}")


def ancestors(number):
    while number > 1:
        number = int(Path(f"/proc/{number}/stat").read_text().rsplit(")")[-1].split()[1])
        yield number


def interrupted(mpiexec, count, digits, signal_number, whom):
    """A run that was under way when a process got a signal: its result, and the process."""
    options = ["train", "--recipe", "two-layer", "--epochs", "2000", "--data", digits, "--out", "run"]
    process = mpiexec.start((count, [*NURAL, *options]))
    try:
        seen = ""
        while "epoch   2 " not in seen:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            seen += line
        begun = time.monotonic()
        os.kill(process_of(whom, process.pid), signal_number)
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - begun < 30
    finally:
        process.kill()
    return process.returncode, seen + out, err


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the rank's process in /proc")
def test_ctrl_c_keeps_the_checkpoint_and_one_process_goes_on(mpiexec, digits):
    code, _, err = interrupted(mpiexec, 4, digits, signal.SIGINT, 2)
    assert code == 2
    assert err.count("nural: ") == 1
    assert "stopped by Ctrl-C; go on with: nural train --resume run" in err
    result = mpiexec((2, [*NURAL, "train", "--resume", "run", "--epochs", "3"]), check=2)
    assert "rank 0 of 2: run: the run to resume has --epochs 2000" in result.stderr


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the rank's process in /proc")
@pytest.mark.parametrize("rank", [0, 3])
def test_a_killed_rank_ends_all_and_leaves_the_checkpoint(mpiexec, digits, rank):
    code, out, err = interrupted(mpiexec, 4, digits, signal.SIGKILL, rank)
    assert code != 0
    assert re.search(mpiexec.says_killed(rank), out + err)
    config = mpiexec.folder / "run" / "config.json"
    done = json.loads(config.read_text()) | {"epochs": 3}
    assert (mpiexec.folder / "run" / CHECKPOINT).exists()
    config.write_text(json.dumps(done))
    result = mpiexec((1, [*NURAL, "train", "--resume", "run"]))
    assert "test accuracy" in result.stdout


def test_a_damaged_file_on_one_rank_ends_all(mpiexec, digits):
    damaged = mpiexec.folder / "damaged.npz"
    content = bytearray(digits.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    options = ["train", "--out", "run", "--data"]
    result = mpiexec(
        (2, [*NURAL, *options, digits]), (1, [*NURAL, *options, damaged]), (1, [*NURAL, *options, digits]), check=2
    )
    assert result.stderr.count("nural: ") == 1
    assert re.search(r"nural: rank 2 of 4: .*damaged\.npz: ", result.stderr)
    assert not (mpiexec.folder / "run").exists()


def test_without_mpi4py_the_command_says_what_it_needs(mpiexec):
    hide = (
        "import sys; sys.modules['mpi4py'] = None; sys.argv = ['nural', 'train']; import nural_command as n; n.main()"
    )
    result = mpiexec((2, [sys.executable, "-c", hide]), check=None)
    assert result.returncode != 0
    assert "this is one of 2 processes started together, which needs mpi4py: pip install 'nural[mpi]'" in result.stderr
