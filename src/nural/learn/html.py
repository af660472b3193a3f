"""How verdicts look in a notebook, light or dark: right and wrong by colour, and arrays as small grids."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from nural.learn.comparing import same
from nural.learn.language import said
from nural.learn.showing import array_text, status
from nural.learn.verdict import Example, Verdict

#: White stands on them well, whatever the notebook's own colours are.
COLOURS = {"right": "#1a7f37", "wrong": "#c62828", "missing": "#c62828"}
#: Behind numbers, in front of the notebook's own ground.
TINTS = {True: "rgba(46, 160, 67, .25)", False: "rgba(229, 57, 53, .35)"}
FAINT = "opacity:.75"


def as_html(verdicts: Sequence[Verdict]) -> str:
    """For a notebook."""
    return "".join(f'<div style="margin:.5em 0;line-height:1.6">{_html(v)}</div>' for v in verdicts)


def _html(v: Verdict) -> str:
    name = f"<code>{escape(v.function)}</code>"
    if v.unwritten:
        return f'{name} <span style="{FAINT}">{escape(v.message)}</span>'
    head = f"{name} {_badge('right' if v.right else 'wrong')}"
    if v.right:
        return f'{head} <span style="{FAINT}">{escape(status(v))}</span>{_notes(v)}'
    states = " ".join(f"{escape(result)} {_badge(state)}&ensp;" for result, state in v.results.items())
    head += f" <b>{escape(v.mistake)}</b>" if v.mistake else ""
    grids = _example(v.example) if v.example else ""
    return f"{head}<div>{states}</div><div>{escape(v.message)}</div>{grids}{_notes(v)}"


def _badge(state: str) -> str:
    style = f"background:{COLOURS[state]};color:#fff;border-radius:3px;padding:0 .35em;font-size:90%"
    return f'<span style="{style}">{said(state)}</span>'


def _notes(v: Verdict) -> str:
    return "".join(f'<div style="{FAINT}">{escape(note)}</div>' for note in v.notes)


def _example(example: Example) -> str:
    """The smallest case: what was given, what came, and what is right; the numbers that differ in red."""
    grids = [(name, _grid(value)) for name, value in example.arguments.items()]
    grids.append((said("yours", result=example.result), _grid(example.yours, example.right)))
    grids.append((said("right value"), _grid(example.right)))
    cells = "".join(f"<div><i>{escape(name)}</i><br>{grid}</div>" for name, grid in grids)
    return f'<div style="display:flex;flex-wrap:wrap;gap:.3em 1.2em;margin:.3em 0">{cells}</div>'


def _grid(value: Any, right: Any = None) -> str:
    """A matrix as a table, and an image of one channel; anything else as text.

    Args:
        value: What is shown.
        right: What it should be, to tell its numbers apart.
    """
    rows, rights = _rows(value), _rows(right)
    if rows is None:
        return f"<code>{escape(array_text(value))}</code>"
    compared = rights if rights is not None and rights.shape == rows.shape else None
    lines = "".join(
        f'<tr style="background:none">{"".join(_number(rows, compared, (i, j)) for j in range(rows.shape[1]))}</tr>'
        for i in range(len(rows))
    )
    return f'<table style="border:1px solid #888;border-collapse:collapse;margin:0;font-size:95%">{lines}</table>'


def _number(rows: np.ndarray, right: np.ndarray | None, place: tuple[int, int]) -> str:
    tint = "" if right is None else f";background:{TINTS[same(rows[place], right[place])]}"
    return f'<td style="text-align:right;padding:0 .4em;border:none{tint}">{rows[place]:.4g}</td>'


def _rows(value: Any) -> np.ndarray | None:
    """An array of few numbers as a matrix; None if it is none."""
    value = value.squeeze() if isinstance(value, np.ndarray) and value.ndim > 2 else value
    if not isinstance(value, np.ndarray) or value.ndim not in (1, 2) or not 0 < value.size <= 64:
        return None
    return np.atleast_2d(value)
