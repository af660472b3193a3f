"""Routes of the view Mistakes."""

import threading
from collections import OrderedDict

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nural.web.digits import SETS, Digits
from nural.web.mistakes import DigitAnswers, answers
from nural.web.models import PRETRAINED, Models, threshold_of
from nural.web.problem import Problem
from nural.web.tensors import Json, tensors
from nural.web.trace import digest

#: Reading a set takes seconds, so the answers of the last few networks are kept.
KEPT = 12
MOST_DIGITS = 200


class Kept:
    """The answers of the last networks, by their weights."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], DigitAnswers] = OrderedDict()
        self._read: dict[tuple[str, str], int] = {}  # how far it is with the answers under way
        self._lock = threading.Lock()

    def of(self, models: Models, name: str, digits: Digits, which: str) -> DigitAnswers:
        """The answers of a network to a set."""
        model = models.get(name)
        key = digest(model), which
        with self._lock:  # requests for the same answers wait for the first
            if key not in self._answers:
                self._answers[key] = answers(model, *digits.get(which), lambda done: self._read.update({key: done}))
                self._read.clear()
            self._answers.move_to_end(key)
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
            return self._answers[key]

    def read(self, models: Models, name: str, which: str) -> int:
        """How many digits of a set a network has read so far, while `of` is at it."""
        return self._read.get((digest(models.get(name)), which), 0)


def _asked(request: Request) -> tuple[Kept, str, str]:
    """The kept answers of this application, the network and the set that are asked for."""
    state, query = request.app.state, request.query_params
    which = query.get("set", "test")
    if which not in SETS:
        raise Problem(f"set must be one of {', '.join(SETS)}")
    if not hasattr(state, "answers"):
        state.answers = Kept()
    return state.answers, query.get("model", PRETRAINED), which


async def mistakes(request: Request) -> Response:
    """GET /api/mistakes?model=&set=: the confusion matrix, and label, answer and confidence of every digit."""
    state = request.app.state
    kept, name, which = _asked(request)

    def work() -> Response:
        found = kept.of(state.models, name, state.digits, which)
        arrays = {
            "confusion": found.confusion,
            "labels": found.labels,
            "answers": found.predicted,
            "confidence": found.confidence,
        }
        return tensors(arrays, {"model": name, "set": which, "threshold": threshold_of(state.models.get(name))})

    return await run_in_threadpool(work)


async def progress(request: Request) -> Response:
    """GET /api/mistakes/progress?model=&set=: how many digits have been read for an answer that is under way."""
    kept, name, which = _asked(request)
    return Json({"read": await run_in_threadpool(kept.read, request.app.state.models, name, which)})


async def digits(request: Request) -> Response:
    """GET /api/mistakes/digits?set=&indices=3,5,8: the pixels of these digits, ``(n, 784)``."""
    query = request.query_params
    x, y = await run_in_threadpool(request.app.state.digits.get, query.get("set", "test"))
    parts = query.get("indices", "").split(",")
    good = all(part.isascii() and part.isdecimal() and len(part) < 8 and int(part) < len(x) for part in parts)
    if not good or len(parts) > MOST_DIGITS:
        raise Problem(f"indices must be at most {MOST_DIGITS} whole numbers below {len(x)}, with commas between them")
    chosen = np.array([int(part) for part in parts])
    return tensors({"pixels": x[chosen]}, {"labels": y[chosen]})


ROUTES = [
    Route("/api/mistakes", mistakes),
    Route("/api/mistakes/progress", progress),
    Route("/api/mistakes/digits", digits),
]
