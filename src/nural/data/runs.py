"""Runs of ink: the stretches of set pixels along the rows of a mask, and the components they join into."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Runs:
    """The runs of a mask ``(H, W)``, row by row from left to right.

    Attributes:
        row: Each run's row, ``(R,)``.
        start: Its first column.
        stop: The column after its last.
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray


def runs_of(mask: np.ndarray) -> Runs:
    """Find the runs of a mask ``(H, W)``."""
    height, width = mask.shape
    padded = np.zeros((height, width + 1), np.int8)
    padded[:, :width] = mask
    changes = np.flatnonzero(np.diff(padded.ravel(), prepend=np.int8(0)))
    starts, stops = changes[::2], changes[1::2]
    row = starts // (width + 1)
    return Runs(row, starts - row * (width + 1), stops - row * (width + 1))


def run_lengths(mask: np.ndarray) -> np.ndarray:
    """For each set pixel of ``(H, W)`` the length of the run it lies in, int32; 0 elsewhere."""
    runs = runs_of(mask)
    lengths = np.zeros(mask.shape, np.int32)
    lengths[mask] = np.repeat(runs.stop - runs.start, runs.stop - runs.start)
    return lengths


def join_runs(runs: Runs) -> np.ndarray:
    """Number the components, ``(R,)`` from 0 on: runs that touch, even at a corner, get the same number."""
    if not len(runs.row):
        return np.zeros(0, np.intp)
    stride = int(runs.stop.max()) + 2  # two empty columns between rows, so that no run touches one of the next row
    first, last = runs.row * stride + runs.start, runs.row * stride + runs.stop
    low = np.searchsorted(last, first + stride)
    counts = np.searchsorted(first, last + stride, side="right") - low
    above = np.repeat(np.arange(len(first)), counts)
    below = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    number = np.arange(len(first))
    while True:
        least = np.minimum(number[above], number[below])
        joined = number.copy()
        for ends in (above, below):  # a run's root gets the smaller number too
            np.minimum.at(joined, number[ends], least)
        joined = joined[joined]
        if (joined == number).all():
            return np.unique(number, return_inverse=True)[1]
        number = joined
