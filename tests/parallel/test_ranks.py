"""What ranks share, and how a launcher is recognised; what needs several processes is in tests/mpi."""

import sys

import numpy as np
import pytest

import nural
from nural.cli.errors import CommandError
from nural.cli.launcher import processes, world
from nural.parallel.gradient_sum import GradientSum
from nural.parallel.ranks import Ranks


def rank_of(size, rank):
    """A rank as it sees itself; it cannot talk to the others."""
    ranks = Ranks()
    ranks.size, ranks.rank = size, rank
    return ranks


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 37, 64])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 16])
def test_shares_lie_one_after_another_and_count_once(n, size):
    everyone = [rank_of(size, rank) for rank in range(size)]
    sharers = [ranks for ranks in everyone if ranks.weight(n) > 0]
    covered = [row for ranks in sharers for row in range(n)[ranks.share(n)]]
    assert covered == list(range(n))
    assert sum(ranks.weight(n) for ranks in everyone) == pytest.approx(1)
    lengths = [len(range(n)[ranks.share(n)]) for ranks in sharers]
    assert max(lengths) - min(lengths) <= 1
    assert min(lengths) >= min(2, n)
    for ranks in everyone[len(sharers) :]:
        assert ranks.share(n) == sharers[-1].share(n)


def test_one_process_alone_needs_nobody():
    ranks = Ranks()
    y = np.ones((4, 3), np.float32)
    assert ranks.first
    assert ranks.share(4) == slice(0, 4)
    assert ranks.weight(4) == 1
    assert ranks.gathered(y, 4) is y
    assert ranks.from_first({"a": (1, 2)}) == {"a": (1, 2)}
    assert ranks.said_by(0, "so") == "so"
    assert ranks.lowest(None) is None
    assert ranks.lowest(3) == 0
    ranks.wishes.add("end")
    ranks.agree()
    assert ranks.granted == {"end"}


@pytest.mark.parametrize("block", ["agreeing", "together"])
def test_one_process_alone_raises_errors_as_they_are(block):
    with pytest.raises(KeyError, match="nothing"), getattr(Ranks(), block)():
        raise KeyError("nothing")


def test_the_sum_of_one_rank_leaves_gradients_and_state_as_they_are(small_model):
    model = small_model()
    model.build(np.random.default_rng(0))
    for gradient in model.grads.values():
        gradient[...] = 2
    with GradientSum(Ranks(), model) as gradient_sum:
        gradient_sum.finish(1.0)
    assert all((gradient == 2).all() for gradient in model.grads.values())
    assert model.gradients_ready is None


def test_batches_gather_the_samples_of_a_share_and_all_targets():
    x, y = np.arange(10.0)[:, np.newaxis], np.arange(10)
    shared = nural.data.Batches(x, y, 4, share=rank_of(2, 1).share)
    whole = nural.data.Batches(x, y, 4)
    for (part, targets), (samples, all_targets) in zip(
        shared.epoch(np.random.default_rng(0)), whole.epoch(np.random.default_rng(0)), strict=True
    ):
        np.testing.assert_array_equal(targets, all_targets)
        np.testing.assert_array_equal(part, samples[len(samples) // 2 :] if len(samples) > 3 else samples)


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, 1),
        ({"OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "0"}, 4),
        ({"PMI_SIZE": "3", "PMI_RANK": "1"}, 3),
        ({"MV2_COMM_WORLD_SIZE": "2"}, 2),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "0"}, 8),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}, 1),  # a batch script, before srun
        ({"PMIX_RANK": "1"}, None),
        ({"PMI_SIZE": "1"}, 1),
        ({"PMI_SIZE": ""}, 1),
    ],
)
def test_launchers_are_known_by_what_they_set(environment, count):
    assert processes(environment) == count


def test_one_process_needs_no_mpi4py(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert world({"PMI_SIZE": "1"}) is None


def test_several_processes_need_mpi4py(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(CommandError, match=r"one of 4 processes started together, which needs mpi4py: pip install"):
        world({"PMI_SIZE": "4"})
