"""Errors of requests, as the page gets them: a status and one sentence."""

from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response


class Problem(Exception):
    """A request that cannot be answered.

    Args:
        sentence: What was expected and what was found. It reveals nothing about this machine.
        status: The HTTP status, from 400 to 499, or 503.
    """

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def answer_problem(_: Request, problem: Exception) -> JSONResponse:
    """``{"error": sentence}``."""
    return JSONResponse({"error": str(problem)}, problem.status if isinstance(problem, Problem) else 400)


def answer_http(_: Request, error: Exception) -> JSONResponse:
    """The sentence for requests that Starlette itself refuses, such as an unknown address."""
    status = getattr(error, "status_code", 400)
    sentences = {404: "there is nothing at this address", 405: "this address does not take this method"}
    return JSONResponse({"error": sentences.get(status, "the request was not understood")}, status)


def answer_gone(_: Request, __: Exception) -> Response:
    """An empty answer, since nobody reads it."""
    return Response(status_code=400)


def answer_failure(_: Request, __: Exception) -> JSONResponse:
    """An error of nural's own: the terminal shows it, the page does not."""
    return JSONResponse({"error": "nural met an error of its own; the terminal that runs it says more"}, 500)


HANDLERS: dict[Any, Any] = {
    Problem: answer_problem,
    ClientDisconnect: answer_gone,
    404: answer_http,
    405: answer_http,
    500: answer_failure,
}
