import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nural import Linear, Sequential
from nural.parallel.contention import APART, APART_FOR_EACH, LOOK_AGAIN, ONE_THREAD, Contention
from nural.parallel.replicas import Replicas
from nural.parallel.threads import BlasThreads, Threads
from nural.parallel.workers import Workers

SINGLE, QUICK, SLOW = 0.010, 0.006, 0.030  # seconds of a step


class Machine:
    """A clock that only steps move on, and a system that says how many threads run, one of them this program's."""

    def __init__(self, folder):
        self.folder, self.now = folder, 0.0
        (folder / "self/task/7").mkdir(parents=True)
        (folder / "self/task/7/stat").write_text("7 (a) b) R 1 2 3")
        self.neighbours = 0

    def perf_counter(self):
        return self.now

    @property
    def neighbours(self):
        return self._neighbours

    @neighbours.setter
    def neighbours(self, count):
        self._neighbours = count
        (self.folder / "loadavg").write_text(f"0.10 0.20 0.30 {1 + count}/99 1234\n")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    machine = Machine(tmp_path)
    monkeypatch.setattr("nural.parallel.contention.time", machine)
    monkeypatch.setattr("nural.parallel.contention.PROC", tmp_path)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return machine


class Training:
    """Steps under contention: the time of each depends on its threads."""

    def __init__(self, machine, step=0):
        self.machine, self.step, self.several = machine, step, QUICK
        self.replicas = Replicas(Sequential(Linear(8, 4)), Workers(2))
        self.contention = Contention(Threads(2), self.replicas, BlasThreads(1), 32, step)

    @property
    def at_once(self):
        return self.replicas.workers.at_once

    def take(self, count=1, n=32):
        for _ in range(count):
            seconds = (self.several if self.at_once else SINGLE) * n / 32
            self.machine.now += seconds
            self.contention.after_step(self.step, seconds, n)
            self.step += 1

    def until(self, at_once):
        """The seconds until that is so."""
        begun = self.machine.now
        while self.at_once != at_once:
            self.take()
        return self.machine.now - begun


def test_on_a_quiet_machine_one_thread_takes_two_steps_and_several_the_others(machine):
    training = Training(machine)
    seen = []
    for _ in range(1000):
        seen.append(training.at_once)
        training.take()
    assert [i for i, at_once in enumerate(seen) if not at_once] == list(ONE_THREAD)


def test_one_thread_takes_all_while_a_neighbour_has_a_core(machine):
    machine.neighbours = 1
    training = Training(machine)
    for _ in range(100):
        assert not training.at_once
        training.take()
    machine.neighbours = 0
    assert training.until(at_once=True) <= 2 * LOOK_AGAIN


def test_where_the_system_does_not_tell_several_are_tried(machine):
    (machine.folder / "loadavg").unlink()
    training = Training(machine)
    training.take(10)
    assert training.at_once


def test_slow_steps_take_the_threads_away_for_30_times_as_long_as_was_lost(machine):
    training = Training(machine)
    training.take(100)
    training.several = SLOW
    training.until(at_once=False)
    assert training.until(at_once=True) == pytest.approx(APART, abs=0.02)  # all in all nothing was lost
    for _ in range(3):
        lost = training.until(at_once=False) * (1 - SINGLE / SLOW)
        assert training.until(at_once=True) == pytest.approx(APART_FOR_EACH * lost, rel=0.05)
    training.several = QUICK
    training.take(200)
    assert training.at_once


def test_threads_that_begin_on_one_core_have_time_to_move_apart(machine):
    training = Training(machine)
    training.take(3)
    training.several = 1.2 * SINGLE
    training.take(5)
    training.several = QUICK
    training.take(100)
    assert training.at_once


def test_what_is_slower_without_any_neighbour_is_given_up(machine):
    training = Training(machine)
    training.several = 1.1 * SINGLE
    training.take(20)
    assert not training.at_once


def test_a_resumed_training_judges_by_the_fastest_step(machine):
    training = Training(machine, step=500)
    training.take(20)
    assert training.at_once
    training.several = 2.5 * QUICK
    training.take(100)
    assert not training.at_once


def test_a_short_batch_says_nothing(machine):
    training = Training(machine)
    training.take(20)
    training.several = SLOW
    training.take(20, n=8)
    training.several = QUICK
    training.take(20)
    assert training.at_once


def test_only_contention_that_gave_up_leaves_batches_whole(machine):
    training = Training(machine)
    training.take()
    assert not training.at_once
    assert not training.replicas.undivided
    training.take(2)
    machine.neighbours = 1
    training.several = SLOW
    training.until(at_once=False)
    assert training.replicas.undivided


def test_blas_has_one_thread_where_contention_wants_one(machine):
    def numbers():
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with threadpool_limits(1, user_api="blas"), BlasThreads(2) as blas, Workers(1) as workers:
        model = Sequential(Linear(784, 256, dtype=np.float64))
        contention = Contention(Threads(blas=2), Replicas(model, workers), blas, 32)
        assert numbers() == {2}
        contention.after_step(0, 0.001, 32)
        assert numbers() == {1}
        for step in ONE_THREAD:
            contention.after_step(step, 0.001, 32)
        assert numbers() == {2}
