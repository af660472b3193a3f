"""Checks of what a request holds: JSON objects, numbers within bounds, pixels."""

import json
import math
from typing import Any

import numpy as np
from starlette.requests import Request

from nural.data.digits import PIXELS
from nural.web.problem import Problem


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body counts as an empty object.

    Raises:
        Problem: it is anything else.
    """
    content = await request.body()
    if not content:
        return {}
    try:
        found = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem("the body is no JSON") from None
    if not isinstance(found, dict):
        raise Problem("the body must be a JSON object")
    return found


def number(body: dict[str, Any], name: str, least: float, most: float, default: float | None = None) -> float:
    """A finite number from ``least`` to ``most``; without ``default`` it must be there.

    Raises:
        Problem: it is missing, no number, or out of bounds.
    """
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Problem(f"{name} must be a number from {least:g} to {most:g}")
    return float(value)


def integer(body: dict[str, Any], name: str, least: int, most: int, default: int | None = None) -> int:
    """An integer from ``least`` to ``most``; without ``default`` it must be there.

    Raises:
        Problem: it is missing, no integer, or out of bounds.
    """
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Problem(f"{name} must be a whole number from {least} to {most}")
    return value


def one_of(body: dict[str, Any], name: str, allowed: Any, default: str | None = None) -> str:
    """One of the ``allowed`` names.

    Raises:
        Problem: it is none of them.
    """
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise Problem(f"{name} must be one of {', '.join(allowed)}")
    return value


def pixels_of(body: dict[str, Any], name: str = "pixels") -> np.ndarray:
    """The pixels as float32 ``(784,)`` from 0 to 1.

    Raises:
        Problem: there are more or fewer than 784, or some are not from 0 to 1.
    """
    value = body.get(name)
    if not isinstance(value, list) or len(value) != PIXELS:
        raise Problem(f"{name} must be a list of {PIXELS} numbers")
    plain = all(type(level) in (int, float) and math.isfinite(level) and 0 <= level <= 1 for level in value)
    if not plain:
        raise Problem(f"{name} must be numbers from 0 to 1")
    return np.array(value, np.float32)


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON's")
