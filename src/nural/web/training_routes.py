"""Routes of the view Train."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nural.models.recipes import RECIPES
from nural.web.body import pixels_of, read_object
from nural.web.session import Session
from nural.web.settings import Settings
from nural.web.tensors import Json, tensors


async def _ordered(request: Request, what: Callable[[Session], Any]) -> Any:
    session: Session = request.app.state.session
    return await asyncio.wrap_future(session.order(lambda: what(session)))


async def recipes(request: Request) -> Response:
    """GET /api/recipes: the settings of each."""
    described = {
        name: {**Settings.of_recipe(recipe).as_json(), "network": recipe.network, "training": recipe.training}
        for name, recipe in RECIPES.items()
    }
    return Json(described)


async def report(request: Request) -> Response:
    """GET /api/training: all about the training."""
    return Json(await _ordered(request, Session.report))


async def create(request: Request) -> Response:
    """POST /api/training: begin a new training, paused before its first step."""
    settings = Settings.of_request(await read_object(request))
    return Json(await _ordered(request, lambda session: session.create(settings)))


async def change(request: Request) -> Response:
    """PATCH /api/training: change settings, whether it runs or not."""
    body = await read_object(request)
    return Json(await _ordered(request, lambda session: session.change(body)))


async def start(request: Request) -> Response:
    """POST /api/training/start: run to the end of all epochs."""
    return Json(await _ordered(request, lambda session: session.go(lambda run: math.inf)))


async def one_step(request: Request) -> Response:
    """POST /api/training/step: one batch."""
    return Json(await _ordered(request, lambda session: session.go(lambda run: 1)))


async def one_epoch(request: Request) -> Response:
    """POST /api/training/epoch: to the end of this epoch."""
    return Json(await _ordered(request, lambda session: session.go(lambda run: run.left_in_epoch())))


async def pause(request: Request) -> Response:
    """POST /api/training/pause."""
    return Json(await _ordered(request, Session.pause))


async def restore(request: Request) -> Response:
    """POST /api/training/snapshots/N/restore: back to step N."""
    step = request.path_params["step"]
    return Json(await _ordered(request, lambda session: session.restore(step)))


async def pin(request: Request) -> Response:
    """POST /api/training/pin: the drawing whose probabilities to follow; without pixels, none."""
    body = await read_object(request)
    pixels = pixels_of(body) if body.get("pixels") is not None else None
    return Json(await _ordered(request, lambda session: session.pin(pixels)))


async def filters(request: Request) -> Response:
    """GET /api/training/filters: the filters of the first layer that learns."""
    found, step = await _ordered(request, Session.filters)
    return tensors({"filters": found}, {"step": step})


async def events(request: Request) -> Response:
    """GET /api/training/events: the status, whenever it changes."""
    session: Session = request.app.state.session
    return request.app.state.streams.stream(request, lambda: session.status)


ROUTES = [
    Route("/api/recipes", recipes),
    Route("/api/training", report, methods=["GET"]),
    Route("/api/training", create, methods=["POST"]),
    Route("/api/training", change, methods=["PATCH"]),
    Route("/api/training/start", start, methods=["POST"]),
    Route("/api/training/step", one_step, methods=["POST"]),
    Route("/api/training/epoch", one_epoch, methods=["POST"]),
    Route("/api/training/pause", pause, methods=["POST"]),
    Route("/api/training/pin", pin, methods=["POST"]),
    Route("/api/training/snapshots/{step:int}/restore", restore, methods=["POST"]),
    Route("/api/training/filters", filters),
    Route("/api/training/events", events),
]
