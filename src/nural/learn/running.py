"""Where a learner's functions run: in a process of their own, for 10 seconds each.

Where a process cannot be forked (Windows), or not safely (macOS), a thread takes its place.
"""

import contextlib
import ctypes
import io
import multiprocessing
import queue
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.calling import Report, sentence_of, tried
from nural.learn.functions import KINDS

SECONDS = 10.0
#: What the learner calls it, what it is, and itself.
Found = tuple[str, str, Callable[..., Any]]
FORKS = sys.platform not in ("win32", "darwin")


class NotLoaded(Exception):
    """A file that cannot be run; the message is one sentence."""


def reports(find: Callable[[], list[Found]], seconds: float = SECONDS) -> Iterator[tuple[str, str, Report]]:
    """What came of each function that is found: what the learner calls it, what it is, and the report.

    Args:
        find: Gives the functions; it runs the learner's code, in the other process as well.
        seconds: How long each function may take, and the file that holds them.

    Raises:
        NotLoaded: ``find`` raised it, or takes too long.
    """
    done = 0
    while True:
        with elsewhere(_work, find, done) as receive:
            found = expect(
                receive,
                seconds,
                "the file runs for more than {} s when it is imported: put what trains "
                "beneath `if __name__ == '__main__':`",
            )
            if isinstance(found, str):
                raise NotLoaded(found)
            for title, kind in found[done:]:
                done += 1
                report = expect(receive, seconds, "is still running after {} s: is there a loop that does not end?")
                if isinstance(report, str):
                    yield title, kind, Report(refused=report)
                    break
                yield title, kind, report
            else:
                return


def expect(receive: Callable[[float], Any], seconds: float, too_long: str) -> Any:
    """What comes from there; or a sentence, if that takes too long or nothing comes any more."""
    try:
        return receive(seconds)
    except TimeoutError:
        return too_long.format(f"{seconds:g}")
    except EOFError:
        return "Python itself stopped while it ran"


def _work(find: Callable[[], list[Found]], skip: int, send: Callable[[Any], None]) -> None:
    """What happens there: everything is found, and what is left of it is tried."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = find()
        except NotLoaded as error:
            return send(str(error))
        except BaseException as error:
            return send(sentence_of(error))
        send([(title, kind) for title, kind, _ in found])
        for _, kind, f in found[skip:]:
            printed.seek(0)
            printed.truncate()
            try:
                report = tried(KINDS[kind], f)
            except (KeyboardInterrupt, _Stop):
                raise
            except BaseException as error:
                report = Report(refused=sentence_of(error))
            report.printed = printed.getvalue()
            send(report)
    return None


def elsewhere(work: Callable[..., None], *args: Any) -> Any:
    """A context in which ``work(*args, send)`` runs, and that gives ``receive(seconds)`` for what it sends."""
    return _process(work, *args) if FORKS else _thread(work, *args)


@contextlib.contextmanager
def _process(work: Callable[..., None], *args: Any) -> Iterator[Callable[[float], Any]]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def receive(seconds: float) -> Any:
        if not ours.poll(seconds):
            raise TimeoutError
        return ours.recv()

    process = context.Process(target=work, args=(*args, theirs.send), daemon=True)
    with warnings.catch_warnings():  # that a process with threads forks: the child runs NumPy and the learner's lines
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    try:
        yield receive
    finally:
        process.kill()
        process.join()
        ours.close()


class _Stop(BaseException):
    """Raised in a thread that has taken too long."""


@contextlib.contextmanager
def _thread(work: Callable[..., None], *args: Any) -> Iterator[Callable[[float], Any]]:
    answers: queue.Queue[Any] = queue.Queue()
    states = random.getstate(), np.random.get_state()

    def guarded() -> None:
        with contextlib.suppress(_Stop):
            work(*args, answers.put)

    def receive(seconds: float) -> Any:
        try:
            return answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    try:
        yield receive
    finally:
        while thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop))
            thread.join(0.2)
            if thread.is_alive() and not thread.daemon:
                break
        random.setstate(states[0])
        np.random.set_state(states[1])
