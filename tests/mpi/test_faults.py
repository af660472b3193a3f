"""One rank that fails ends all, with the reason, and leaves the last checkpoint whole."""

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import program
import pytest

import nural
from nural.training import load_checkpoint

pytestmark = pytest.mark.mpi

PROGRAM = Path(program.__file__)


def failing(mpiexec, count, **asked):
    """What the run says; it takes less than 30 seconds, start included, and its checkpoint can be resumed."""
    path = mpiexec.folder / "checkpoint"
    asked = {"network": "mlp", "epochs": 10_000, "checkpoint": str(path), "batch_size": 100, **asked}
    result = mpiexec((count, [sys.executable, str(PROGRAM), json.dumps(asked)]), check=None, seconds=30)
    assert result.returncode != 0
    model = program.NETWORKS["mlp"]()
    model.build(np.random.default_rng(0))
    load_checkpoint(path, model, nural.Adam())
    return result


def test_a_killed_rank_ends_all(mpiexec):
    result = failing(mpiexec, 4, fault="kill", rank=2)
    assert re.search(mpiexec.says_killed(2), result.stdout + result.stderr)


@pytest.mark.parametrize("rank", [0, 3])
def test_an_exception_on_one_rank_ends_all(mpiexec, rank):
    result = failing(mpiexec, 4, fault="raise", rank=rank)
    assert f"nural: rank {rank} of 4 ends the training for all: OSError: the disk is gone" in result.stderr
    assert result.returncode == 2


def test_data_that_are_not_finite_on_one_rank_are_said_by_that_rank(mpiexec):
    result = failing(mpiexec, 2, fault="nan", rank=1)
    assert "DivergedError: rank 1 of 2: the loss became nan at step 6" in result.stderr
    assert "the inputs hold NaN or infinity" in result.stderr


def test_ranks_that_were_asked_for_different_trainings_do_not_begin(mpiexec):
    asked = {"network": "mlp", "fault": "settings"}
    begun = time.monotonic()
    result = mpiexec((2, [sys.executable, str(PROGRAM), json.dumps(asked)]), check=2, seconds=30)
    assert time.monotonic() - begun < 30
    assert "batch_size is 17 here and 16 on rank 0; all ranks need the same" in result.stderr
