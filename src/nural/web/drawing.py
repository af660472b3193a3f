"""Routes that read a drawing, a sample or a picture: its ten probabilities."""

import io
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nural.data import DataError, prepare_in_stages
from nural.data.digits import SIDE, to_float32
from nural.data.strokes import WIDTH, prepare_strokes, prepare_strokes_in_stages
from nural.evaluation.inference import predict_proba
from nural.layer import Layer
from nural.parallel.threads import Threads
from nural.web.body import integer, number, one_of, pixels_of, read_object
from nural.web.digits import SETS
from nural.web.models import PRETRAINED, threshold_of
from nural.web.problem import Problem
from nural.web.tensors import Json, tensors

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
MOST_POINTS = 20_000
MOST_SAMPLES = 60
#: Pixels of the longer side of the stages that are sent.
SHOWN = 168


async def read(request: Request) -> Response:
    """POST /api/read: strokes, pixels or a picture → the ten probabilities and what the network saw.

    ``?stages=1`` answers in tensors, with the picture of each stage. ``?model=`` names the network.
    """
    model = request.app.state.models.get(request.query_params.get("model", PRETRAINED))
    kind = request.headers.get("content-type", "").split(";")[0]
    wanted = request.query_params.get("stages") == "1"
    if kind in PICTURES:
        content = await request.body()
        prepare = lambda: _of_picture(content)  # noqa: E731
    else:
        body = await read_object(request)
        prepare = lambda: _of_pixels(body) if "pixels" in body else _of_strokes(body, wanted)  # noqa: E731
    return await run_in_threadpool(_answer, request.app.state.courtesy, model, prepare, wanted)


def _answer(courtesy: Any, model: Layer, prepare: Any, wanted: bool) -> Response:
    with courtesy.first():
        try:
            pixels, stages = prepare()
        except DataError as error:
            _, expected, found = error.args
            raise Problem(f"expected {expected}, found {found}", 422) from None
        probabilities = predict_proba(model, pixels.reshape(1, -1), threads=Threads())[0]
    threshold = threshold_of(model)
    sure = bool(probabilities.max() >= threshold)
    found = {
        "probabilities": probabilities,
        "threshold": threshold,
        "answer": int(probabilities.argmax()) if sure else None,
    }
    if wanted:
        return tensors({"pixels": pixels.reshape(SIDE, SIDE)} | stages, found)
    return Json(found | {"pixels": pixels.reshape(-1)})


def _of_pixels(body: dict[str, Any]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    return pixels_of(body), {}


def _of_picture(content: bytes) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    stages = prepare_in_stages(io.BytesIO(content))
    return to_float32(stages["centred"]), {f"stage.{name}": _shown(levels) for name, levels in stages.items()}


def _of_strokes(body: dict[str, Any], wanted: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    strokes = body.get("strokes")
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise Problem("strokes must be a list of lists of points [x, y]")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise Problem(f"a drawing has at most {MOST_POINTS} points")
    if not all(_is_point(point) for stroke in strokes for point in stroke):
        raise Problem("a point must be [x, y] or [x, y, time], x and y from 0 to 1 of the canvas")
    switches = body.get("switches", {})
    if not isinstance(switches, dict) or any(
        name not in ("box", "scale", "centre") or not isinstance(value, bool) for name, value in switches.items()
    ):
        raise Problem("switches must be an object of box, scale and centre, each true or false")
    width = number(body, "width", 0.5, 8, WIDTH)
    points = [[point[:2] for point in stroke] for stroke in strokes]
    if "base" in body:
        return _over(pixels_of(body, "base"), points, width), {}
    if not wanted:
        return prepare_strokes(points, width, **switches), {}
    stages = prepare_strokes_in_stages(points, width, **switches)
    return to_float32(stages["centred"]), {f"stage.{name}": _shown(levels) for name, levels in stages.items()}


def _over(base: np.ndarray, points: list[Any], width: float) -> np.ndarray:
    """Prepared pixels with strokes on top, where they were drawn; the darker value counts."""
    if not any(points):
        return base
    drawn = prepare_strokes(points, width, box=False, scale=False, centre=False)
    return np.maximum(base, drawn.reshape(-1))


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) in (2, 3)
        and all(type(value) in (int, float) for value in point)
        and 0 <= point[0] <= 1
        and 0 <= point[1] <= 1
    )


def _shown(levels: np.ndarray) -> np.ndarray:
    """A stage from 0 to 1, reduced if it is larger than a small picture."""
    from PIL import Image

    if max(levels.shape) > SHOWN:
        image = Image.fromarray(levels)
        image.thumbnail((SHOWN, SHOWN))
        levels = np.asarray(image)
    return levels.astype(np.float32) / 255


async def samples(request: Request) -> Response:
    """GET /api/samples: digits of a set, ``?set=test&index=5`` or ``?set=test&count=12&seed=3&label=7``."""
    query: dict[str, Any] = dict(request.query_params)
    asked = {name: int(value) if value.isascii() and value.isdecimal() else value for name, value in query.items()}
    name = one_of(asked, "set", SETS, "test")
    x, y = await run_in_threadpool(request.app.state.digits.get, name)
    if "index" in asked:
        chosen = np.array([integer(asked, "index", 0, len(x) - 1)])
    else:
        rng = np.random.default_rng(integer(asked, "seed", 0, 2**32, 0))
        count = integer(asked, "count", 1, MOST_SAMPLES, 12)
        among = np.flatnonzero(y == integer(asked, "label", 0, 9)) if "label" in asked else np.arange(len(y))
        chosen = rng.choice(among, count, replace=False)
    return tensors({"pixels": x[chosen]}, {"set": name, "indices": chosen, "labels": y[chosen]})


async def models(request: Request) -> Response:
    """GET /api/models: the networks there are."""
    return Json(request.app.state.models.listed())


ROUTES = [
    Route("/api/read", read, methods=["POST"]),
    Route("/api/samples", samples),
    Route("/api/models", models),
]
