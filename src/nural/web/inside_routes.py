"""Routes of the view Inside: a trace, the explanation of its numbers, and experiments with its weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from nural.evaluation.inference import evaluate
from nural.layer import Layer
from nural.parallel.threads import Threads
from nural.web.body import integer, number, pixels_of, read_object
from nural.web.experiments import BROKEN, Experiments, take_step
from nural.web.explanation import TERMS, explain_cell
from nural.web.models import PRETRAINED
from nural.web.problem import Problem
from nural.web.proof import Moved, central_difference, loss_curve
from nural.web.tensors import Json, tensors
from nural.web.trace import Trace, digest, trace
from nural.web.trace_tensors import arrays_of, as_json, manifest
from nural.web.weight_uses import explain_weight

CHANNELS = 16
MOST_TERMS = 10_000
MOST_POINTS = 201
#: The number of digits of the validation set on which a step's effect is measured.
OTHERS = 1000
MOST_LABEL = 9

Answer = Callable[[Request, Layer, dict[str, Any]], Response]


def _route(path: str, answer: Answer) -> Route:
    """A POST route with a JSON body and ``?model=``; answered on another thread, before a training's next step."""

    async def endpoint(request: Request) -> Response:
        body = await read_object(request)
        name = request.query_params.get("model", PRETRAINED)

        def work() -> Response:
            with request.app.state.courtesy.first():
                try:
                    return answer(request, _experiments(request).get(name), body)
                except (KeyError, IndexError) as error:
                    raise Problem(_nothing_there(error), 404) from None

        return await run_in_threadpool(work)

    return Route(path, endpoint, methods=["POST"])


def _experiments(request: Request) -> Experiments:
    """The experiments of this application, made when they are first needed."""
    state = request.app.state
    if not hasattr(state, "experiments"):
        state.experiments = Experiments(state.models, state.digits)
    return state.experiments


def show_trace(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/trace {pixels, label?, channels?, whole?: [layer, …]}: the trace in tensors, with its `manifest`."""
    found = _trace(model, body)
    names = body.get("whole", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Problem("whole must be a list of layers' names")
    arrays = arrays_of(found, integer(body, "channels", 1, 4096, CHANNELS), frozenset(names))
    return tensors(arrays, manifest(found))


def download_trace(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/trace.json {pixels, label?}: all of the trace as a file."""
    headers = {"content-disposition": 'attachment; filename="nural-trace.json"'}
    return StreamingResponse(as_json(_trace(model, body)), media_type="application/json", headers=headers)


def cell(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/cell {pixels, label?, step, index, terms?}: see `explain_cell`."""
    terms = integer(body, "terms", 0, MOST_TERMS, TERMS)
    return Json(explain_cell(_trace(model, body), _name(body, "step"), _index(body), terms))


def weight(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/weight {pixels, label, parameter, index, terms?}: see `explain_weight`."""
    terms = integer(body, "terms", 0, MOST_TERMS, TERMS)
    return Json(explain_weight(_trace(model, body, needed=True), _name(body, "parameter"), _index(body), terms))


def weights(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/weights {pixels, label, parameter}: an array of parameters and its gradient in tensors."""
    found = _trace(model, body, needed=True)
    name = _name(body, "parameter")
    return tensors({"value": found.model.params[name], "gradient": found.model.grads[name]}, {"parameter": name})


def proof(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/proof {pixels, label, parameter, index}: see `central_difference`."""
    return Json(central_difference(_moved(model, body)))


def curve(_: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/curve {pixels, label, parameter, index, span, points?}: see `loss_curve`."""
    points = integer(body, "points", 3, MOST_POINTS, 61)
    return Json(loss_curve(_moved(model, body), number(body, "span", 1e-9, 1e6), points))


def step(request: Request, model: Layer, body: dict[str, Any]) -> Response:
    """POST /api/inside/step {pixels, label, rate}: a step on this image; ``model`` names the network after it."""
    rate = number(body, "rate", 0, 1e6)
    taken = take_step(model, pixels_of(body), integer(body, "label", 0, MOST_LABEL), rate)
    before, after = taken.before, taken.after
    return Json(
        {
            "model": _experiments(request).keep(taken.model),
            "predicted": taken.predicted,
            "true": taken.true,
            "squared_norm": before.squared_norm,
            "losses": taken.losses,
            "probabilities": [before.probabilities, after.probabilities],
            "weights": [digest(before.model), digest(after.model)],
        }
    )


def accuracy(request: Request, model: Layer, _: dict[str, Any]) -> Response:
    """POST /api/inside/accuracy: how many of `OTHERS` validation digits the network reads rightly."""
    x, y = request.app.state.digits.get("validation")
    share = evaluate(model, x[:OTHERS], y[:OTHERS], threads=Threads())["accuracy"]
    return Json({"correct": round(share * OTHERS), "of": OTHERS})


async def broken(_: Request) -> Response:
    """GET /api/inside/broken: the names that may follow ``broken:`` as a model."""
    return Json(list(BROKEN))


def _trace(model: Layer, body: dict[str, Any], needed: bool = False) -> Trace:
    label = None
    if needed or body.get("label") is not None:
        label = integer(body, "label", 0, MOST_LABEL)
    return trace(model, pixels_of(body), label)


def _moved(model: Layer, body: dict[str, Any]) -> Moved:
    label = integer(body, "label", 0, MOST_LABEL)
    return Moved(model, pixels_of(body).astype(np.float64), label, _name(body, "parameter"), _index(body))


def _name(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Problem(f"{name} must be a name")
    return value


def _index(body: dict[str, Any]) -> list[int]:
    value = body.get("index")
    if not isinstance(value, list) or not all(type(i) is int for i in value):
        raise Problem("index must be a list of whole numbers")
    return value


def _nothing_there(error: KeyError | IndexError) -> str:
    return f"there is nothing named {str(error.args[0])[:60]!r}" if isinstance(error, KeyError) else str(error)


ROUTES = [
    _route("/api/trace", show_trace),
    _route("/api/trace.json", download_trace),
    _route("/api/inside/cell", cell),
    _route("/api/inside/weight", weight),
    _route("/api/inside/weights", weights),
    _route("/api/inside/proof", proof),
    _route("/api/inside/curve", curve),
    _route("/api/inside/step", step),
    _route("/api/inside/accuracy", accuracy),
    Route("/api/inside/broken", broken),
]
