import numpy as np
import pytest

from nural.data.runs import join_runs, run_lengths, runs_of


def flooded(mask):
    """The components by filling one after the other: slow, plain."""
    number = np.full(mask.shape, -1)
    for start in zip(*np.nonzero(mask), strict=True):
        if number[start] >= 0:
            continue
        pending, component = [start], number.max() + 1
        while pending:
            row, column = pending.pop()
            inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
            if inside and mask[row, column] and number[row, column] < 0:
                number[row, column] = component
                pending += [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return number


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.9])
def test_pieces(rng, share):
    mask = rng.random((23, 31)) < share
    runs = runs_of(mask)
    number = np.full(mask.shape, -1)
    number[mask] = np.repeat(join_runs(runs), runs.stop - runs.start)
    pairs = set(zip(number.ravel().tolist(), flooded(mask).ravel().tolist(), strict=True))
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


def test_a_spiral_is_one_piece():
    mask = np.zeros((15, 15), bool)
    mask[::2] = True
    mask[1::4, -1] = mask[3::4, 0] = True
    assert set(join_runs(runs_of(mask))) == {0}


def test_run_lengths():
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    assert run_lengths(mask).tolist() == [[2, 2, 0, 1], [0, 0, 0, 0], [4, 4, 4, 4]]


def test_nothing():
    runs = runs_of(np.zeros((3, 4), bool))
    assert len(runs.row) == len(join_runs(runs)) == 0
