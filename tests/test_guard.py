import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nural import Linear, Sequential
from nural.guard import APART, WINDOW_STEPS, Guard
from nural.threads import BlasThreads, Threads
from nural.workers import Workers


@pytest.fixture
def clock(monkeypatch):
    """A clock that only products move on: by 1 s on one thread, by ``clock.several`` on more."""

    class Clock:
        now, several = 0.0, 0.5

        def perf_counter(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr("nural.guard.time", clock)
    return clock


class Timed(Workers):
    """Workers whose products take the clock's time."""

    def __init__(self, clock):
        super().__init__(2)
        self.clock = clock

    def each(self, task, count=None):
        self.clock.now += (self.clock.several if self.at_once else 1.0) * 1e-3
        return super().each(task, count)


def guard_of(clock):
    return Guard(Threads(2), Timed(clock), BlasThreads(1), Sequential(Linear(8, 4)), 32)


def steps(guard, clock, seconds, count, n=32):
    for _ in range(count):
        clock.now += seconds
        guard.after_step(seconds, n)


def test_on_a_quiet_machine_it_leaves_the_threads_alone(clock):
    guard = guard_of(clock)
    steps(guard, clock, 0.005, 1000)
    assert guard.workers.at_once


def test_a_trial_that_finds_no_gain_takes_them_away_until_one_does(clock):
    clock.several = 0.95
    guard = guard_of(clock)
    assert not guard.workers.at_once
    steps(guard, clock, 0.005, int(0.9 * APART / 0.005))
    clock.several = 0.6
    assert not guard.workers.at_once
    steps(guard, clock, 0.005, int(0.2 * APART / 0.005))
    assert guard.workers.at_once


def test_slow_steps_take_them_away_at_once_and_after_wrong_trials_for_longer(clock):
    guard = guard_of(clock)
    steps(guard, clock, 0.005, 20)
    for wait in (APART, 2 * APART, 4 * APART):
        steps(guard, clock, 0.03, WINDOW_STEPS)
        assert not guard.workers.at_once
        begun = clock.now
        while not guard.workers.at_once:
            steps(guard, clock, 0.01, 1)
        assert clock.now - begun == pytest.approx(wait, abs=0.1)
    steps(guard, clock, 0.009, 20)
    assert guard.workers.at_once


def test_a_short_batch_says_nothing(clock):
    guard = guard_of(clock)
    steps(guard, clock, 0.008, 5)
    steps(guard, clock, 0.001, 25, n=3)
    steps(guard, clock, 0.030, 25, n=3)
    steps(guard, clock, 0.008, 5)
    assert guard.workers.at_once


def test_a_real_trial_sets_blas_threads_and_leaves_one_of_the_two_numbers():
    with threadpool_limits(1, user_api="blas"), BlasThreads(2) as blas, Workers(1) as workers:
        guard = Guard(Threads(blas=2), workers, blas, Sequential(Linear(784, 256)), 32)
        begun = time.perf_counter()
        while time.perf_counter() - begun < 1.2 * APART:
            guard.after_step(0.001, 32)
        numbers = {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
        assert numbers in ({1}, {2})
    with Workers(2) as workers, BlasThreads(1) as blas:
        guard = Guard(Threads(2), workers, blas, Sequential(Linear(784, 256, dtype=np.float64)), 32)
        guard.after_step(0.001, 32)
