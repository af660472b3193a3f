import threading

import numpy as np
import pytest

from nural.parallel.workers import Workers


def names(i):
    return i, threading.current_thread().name


def test_each_worker_does_its_task_in_a_thread_of_its_own():
    with Workers(3) as workers:
        results = workers.each(names)
        assert [i for i, _ in results] == [0, 1, 2]
        assert results[0][1] == threading.current_thread().name
        assert len({name for _, name in results}) == 3
        assert workers.each(names) == results
        assert workers.each(names, 2) == results[:2]
        workers.at_once = False
        assert {name for _, name in workers.each(names)} == {threading.current_thread().name}


def test_they_work_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)
    with Workers(2) as workers:
        workers.each(lambda i: meeting.wait())


def test_pieces_are_divided_in_order():
    done = {}

    def note(item):
        done.setdefault(threading.current_thread().name, []).append(item)

    with Workers(3) as workers:
        workers.divide(note, range(7))
        assert sorted(done.values()) == [[0, 1], [2, 3], [4, 5, 6]]
        done.clear()
        workers.divide(note, [5])
        assert list(done.values()) == [[5]]
        workers.divide(note, [])


@pytest.mark.parametrize("culprits", [[0], [1], [2, 1], [0, 2]])
def test_errors_reach_the_caller_as_they_are_when_all_have_ended(culprits):
    ended = []

    def fail(i):
        if i in culprits:
            raise KeyError(f"worker {i}")
        ended.append(i)

    with Workers(3) as workers:
        with pytest.raises(KeyError, match=f"worker {min(culprits)}"):
            workers.each(fail)
        assert sorted([*ended, *culprits]) == [0, 1, 2]
        assert [i for i, _ in workers.each(names)] == [0, 1, 2]


def test_the_threads_end_with_the_block():
    before = threading.active_count()
    with Workers(4) as workers:
        assert threading.active_count() == before
        workers.each(lambda i: None)
        assert threading.active_count() == before + 3
        with pytest.raises(ZeroDivisionError):
            workers.each(lambda i: 1 // 0)
    assert threading.active_count() == before


def test_the_caller_s_errstate_holds_in_all_threads():
    with Workers(2) as workers:
        with np.errstate(over="ignore"):
            assert workers.each(lambda i: np.float32(3e38) * np.float32(10)) == [np.inf, np.inf]
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
            workers.each(lambda i: i and np.float32(3e38) * np.float32(10))


def test_there_is_at_least_one():
    with pytest.raises(ValueError, match="Workers: expected a count of at least 1, got 0"):
        Workers(0)
