"""The arithmetic of the benchmarks: medians of ratios within a round, and verdicts."""

import importlib
import sys
import time
from functools import partial
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def interleaved(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("interleaved")


def sleeper(seconds):
    return partial(time.sleep, seconds)


def of_a_missing_module():
    import no_such_module_at_all  # noqa: F401  # pyright: ignore[reportMissingImports]


def workload(it, *goals):
    ways = [("nural", "threads auto"), ("nural", "1 thread"), ("peer", "1 thread"), ("peer", "2 threads")]
    return it.Workload("work", "ms", [it.Contestant(*way, partial(sleeper, 0.01)) for way in ways], goals)


def test_a_peer_counts_at_its_best_and_ratios_are_taken_within_a_round(interleaved):
    seconds = {
        "nural, threads auto": [1.0, 2.0, 4.0],
        "nural, 1 thread": [2.0, 2.0, 2.0],
        "peer, 1 thread": [9.0, 9.0, 9.0],
        "peer, 2 threads": [3.0, 4.0, 4.0],
    }
    result = interleaved.Result(workload(interleaved), seconds)
    row = result.judge(interleaved.Goal("peer", 2.0))
    assert row["against"] == "peer, 2 threads"
    assert (row["threads auto"], row["1 thread"], row["verdict"]) == ("2.00 ×", "2.00 ×", "met")
    assert result.judge(interleaved.Goal("peer", 2.01))["verdict"] == "missed"
    row = result.judge(interleaved.TimeGoal("peer", 0.49, judged="1 thread"))
    assert (row["goal"], row["1 thread"], row["verdict"]) == ("≤ 0.49 × the time", "0.50 ×", "missed")
    row = result.judge(interleaved.ExtraTimeGoal("peer", 0.03))
    assert (row["goal"], row["threads auto"], row["verdict"]) == ("≤ 30 ms more", "-2000 ms", "met")
    assert result.judge(interleaved.Goal("nobody", 1.0))["verdict"] == "not measured"


def test_contestants_are_timed_in_processes_and_who_cannot_take_part_is_left_out(interleaved, monkeypatch):
    monkeypatch.setattr(interleaved, "PAUSE", 0.0)
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    sleeping = interleaved.Contestant("nural", "threads auto", partial(sleeper, 0.02), calls=2)
    missing = interleaved.Contestant("peer", "1 thread", of_a_missing_module)
    work = interleaved.Workload("work", "ms", [sleeping, missing], [interleaved.Goal("peer", 1.0)])
    result = interleaved.measure(work, 2)
    assert len(result.seconds["nural, threads auto"]) == 2
    assert min(result.seconds["nural, threads auto"]) >= 0.01
    assert result.left_out == {"peer, 1 thread": "no_such_module_at_all is not installed"}
    assert "peer, 1 thread: left out, no_such_module_at_all" in interleaved.times_table(result)
    assert result.judge(work.goals[0])["verdict"] == "not measured"
