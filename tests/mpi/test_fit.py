"""`fit` on several MPI ranks against `fit` alone, and what happens when a rank fails."""

import json
import sys
from pathlib import Path

import numpy as np
import program
import pytest

pytestmark = pytest.mark.mpi

PROGRAM = Path(program.__file__)


@pytest.fixture
def ranks(mpiexec):
    """Run the program on so many ranks."""

    def run(count, check=0, seconds=120, **asked):
        words = [sys.executable, str(PROGRAM), json.dumps({"out": str(mpiexec.folder), **asked})]
        return mpiexec((count, words), check=check, seconds=seconds)

    return run


def results(mpiexec, count):
    return [dict(np.load(mpiexec.folder / f"{count}-{rank}.npz")) for rank in range(count)]


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("network", ["mlp", "cnn", "wide"])
def test_ranks_train_as_one_process_does(mpiexec, ranks, network, count):
    ranks(count, network=network, epochs=11, batch_size=16)
    alone, model = program.train({"network": network, "epochs": 11, "batch_size": 16})
    first, *others = results(mpiexec, count)
    assert len(alone.losses) == len(first["losses"]) >= 200
    np.testing.assert_allclose(first["losses"][:200], alone.losses[:200], rtol=0, atol=1e-5)
    np.testing.assert_allclose(first["validation"], alone["val_loss"], rtol=0, atol=1e-4)
    for name, value in model.params.items():
        np.testing.assert_allclose(first[name], value, rtol=0, atol=1e-3)
    for other in others:
        for name in first:
            np.testing.assert_array_equal(other[name], first[name])


def test_ranks_with_workers_of_their_own(mpiexec, ranks):
    ranks(2, network="cnn", epochs=3, workers=2)
    alone, _ = program.train({"network": "cnn", "epochs": 3})
    for result in results(mpiexec, 2):
        np.testing.assert_allclose(result["losses"], alone.losses, rtol=0, atol=1e-5)


@pytest.mark.parametrize("network", ["mlp", "wide"])
def test_batches_with_fewer_rows_than_ranks_can_share(mpiexec, ranks, network):
    """301 samples in batches of 5: two sharers, and in the last batch, of one sample, one; Dropout draws alike."""
    ranks(4, network=network, epochs=1, batch_size=5)
    alone, _ = program.train({"network": network, "epochs": 1, "batch_size": 5})
    for result in results(mpiexec, 4):
        # the wide network's losses go up to 17, and steps on so few rows multiply what float32 rounds
        np.testing.assert_allclose(result["losses"], alone.losses, rtol=2e-5, atol=1e-5)


def test_running_statistics_are_the_mean_over_the_rows(mpiexec, ranks):
    """One step on two ranks of 8 and 7 rows, against both halves by hand."""
    ranks(2, network="norm", epochs=1, batch_size=program.SAMPLES)
    rng = np.random.default_rng(7)
    x = rng.standard_normal((program.SAMPLES, 36)).astype(np.float32)
    order = np.arange(program.SAMPLES)
    np.random.default_rng([3, 1]).shuffle(order)
    model = program.NETWORKS["norm"]()
    model.build(np.random.default_rng(3))
    h = x[order] @ model.params["0.W"] + model.params["0.b"]
    parts = [h[: program.SAMPLES // 2], h[program.SAMPLES // 2 :]]
    weights = [len(part) / len(h) for part in parts]
    mean = sum(w * part.mean(axis=0) for w, part in zip(weights, parts, strict=True))
    variance = sum(w * part.var(axis=0, ddof=1) for w, part in zip(weights, parts, strict=True))
    for result in results(mpiexec, 2):
        np.testing.assert_allclose(result["1.running_mean"], 0.1 * mean, rtol=0, atol=1e-6)
        np.testing.assert_allclose(result["1.running_var"], 0.9 + 0.1 * variance, rtol=1e-5)


@pytest.mark.parametrize(("before", "after"), [(4, 2), (4, 1), (1, 4), (2, 4)])
def test_a_checkpoint_resumes_on_another_number_of_ranks(mpiexec, ranks, tmp_path, before, after):
    path = str(tmp_path / "checkpoint")
    ranks(before, network="mlp", epochs=2, checkpoint=path)
    ranks(after, network="mlp", epochs=4, checkpoint=path, resume=True)
    whole, _ = program.train({"network": "mlp", "epochs": 4})
    for result in results(mpiexec, after):
        np.testing.assert_allclose(result["losses"], whole.losses, rtol=0, atol=1e-5)


def test_a_stop_asked_for_on_one_rank_ends_all_after_the_next_step(mpiexec, ranks):
    ranks(4, network="mlp", fault="stop", rank=2, epochs=3)
    for result in results(mpiexec, 4):
        assert len(result["losses"]) == 6
