"""A mistake: what is written in place of a piece of the right function."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from nural.learn.function import REFERENCE, Pieces


@dataclass(frozen=True)
class Mistake:
    """One way in which a function of the reference is written wrongly.

    Attributes:
        name: What it is called.
        piece: The function of the reference.
        changes: What stands there, and what is written in its place, pair by pair.
        instead: The wrong function itself, where it is no change of a few words.
        only: The function of learners that it is a mistake of; by default all that the piece is a part of.
        along: The difference that it makes may be any multiple of this one, as where a learning rate is in it.
    """

    name: str
    piece: str
    changes: tuple[tuple[str, str], ...] = ()
    instead: Callable[..., Any] | None = None
    only: str = ""
    along: bool = False


def mistake(name: str, piece: str, *written: str, only: str = "", along: bool = False) -> Mistake:
    """A mistake by its texts: what is right, what is written, what is right, what is written, …."""
    return Mistake(name, piece, tuple(zip(written[::2], written[1::2], strict=True)), only=only, along=along)


def instead(name: str, piece: str, only: str = "") -> Callable[[Callable[..., Any]], Mistake]:
    """A mistake that is a function of its own."""
    return lambda function: Mistake(name, piece, instead=function, only=only)


@cache
def pieces_with(*mistakes: Mistake) -> Pieces | None:
    """The functions of the reference with these mistakes in them; None if one of them leaves no place for another."""
    pieces = dict(REFERENCE)
    for module in {REFERENCE[m.piece].__module__ for m in mistakes if m.changes}:
        namespace: dict[str, Any] = {"__name__": module}
        exec(_code(module), namespace)  # once more, so that its functions call the changed ones
        for piece in {m.piece for m in mistakes if m.changes and REFERENCE[m.piece].__module__ == module}:
            source = _changed(piece, [change for m in mistakes if m.piece == piece for change in m.changes])
            if not source:
                return None
            exec(compile(source, f"<{piece}>", "exec"), namespace)
        pieces |= {name: f for name, f in namespace.items() if inspect.isfunction(f) and f.__globals__ is namespace}
    return pieces | {m.piece: m.instead for m in mistakes if m.instead}


@cache
def _code(module: str) -> Any:
    return compile(inspect.getsource(sys.modules[module]), f"<{module}>", "exec")


@cache
def _source(piece: str) -> str:
    return inspect.getsource(REFERENCE[piece])


def _changed(piece: str, changes: list[tuple[str, str]]) -> str:
    """The function's text with the changes; nothing if what is to be changed is not there."""
    head, docstring, body = _source(piece).split('"""', 2)
    for right, wrong in changes:
        if right not in body:
            return ""
        body = body.replace(right, wrong)
    return f'{head}"""{docstring}"""{body}'
