"""How verdicts look in a terminal, in a notebook, and as text."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.learn.language import said, spoken
from nural.learn.tracks.wrapping import wrapped
from nural.learn.verdict import Example, Verdict

#: Numbers of an array that are looked at one by one.
LARGE = 40
#: Characters that stand on one line; of more, each argument has its own.
LINE = 60
COLOURS = {"right": "green", "wrong": "red", "missing": "red"}


def status(v: Verdict) -> str:
    """What a right function is equal to."""
    if v.right:
        torch = re.sub("^the gradients? of (.+)", r"\1 的梯度", v.torch) if spoken() == "zh" else v.torch
        key = "equal" if v.torch else "as it should be"
        return said(key if v.cases else "equal to", torch=torch, cases=v.cases)
    return ""


def array_text(value: Any, digits: int = 4) -> str:
    """An array on as few characters as it takes, [[1, 2], [3, 4]]; a large one as its shape."""
    if value is None:
        return "nothing"
    if not isinstance(value, np.ndarray | float | np.floating):
        return str(value)
    array = np.asarray(value)
    if array.size > LARGE:
        return f"array of {' × '.join(map(str, array.shape))}"
    number = {"float_kind": lambda x: f"{x:.{digits}g}"}
    text = np.array2string(array, separator=", ", threshold=LARGE, formatter=number)  # pyright: ignore[reportArgumentType]
    return " ".join(text.split())


def lines_of(example: Example) -> list[str]:
    """The smallest case, a line for what was given, for what came, and for what is right."""
    given = [f"{name} = {array_text(value)}" for name, value in example.arguments.items()]
    together = [f"{said('smallest')}   " + "   ".join(given)]
    return [
        *(together if len(together[0]) <= LINE else [said("smallest"), *(f"  {each}" for each in given)]),
        f"{said('yours', result=example.result)}   {array_text(example.yours)}",
        f"{said('right value')}   {array_text(example.right)}",
    ]


def as_rich(verdicts: Sequence[Verdict]) -> Any:
    """For rich's console."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Column, Table
    from rich.text import Text

    width = max((len(v.function) for v in verdicts), default=0)
    parts: list[Any] = []
    for v in verdicts:
        line = Text()
        head = Table.grid(Column(width=width, no_wrap=True), Column(), padding=(0, 2, 0, 0), pad_edge=False)
        head.add_row(v.function, line)
        parts.append(head)
        if v.unwritten:
            line.append(v.message, "dim")
            continue
        if v.right:
            line.append(said("right"), "bold green")
            line.append(f"   {status(v)}", "dim")
        elif v.results and "missing" in v.results.values() and len(set(v.results.values())) == 1:
            line.append(said("wrong").upper(), "bold red")
        else:
            for k, (name, state) in enumerate(v.results.items()):
                line.append(" · " if k else "")
                line.append(f"{name} ")
                line.append(said(state) if state == "right" else said(state).upper(), COLOURS[state])
        if v.mistake:
            line.append(": ")
            line.append(v.mistake, "bold")
        body = [v.message] if v.message else []
        body += lines_of(v.example) if v.example else []
        body += [said("note", note=note) for note in v.notes]
        parts += [Padding(_Wrapped(text), (0, 0, 0, width + 2 if width < 24 else 4), expand=False) for text in body]
    return Group(*parts)


class _Wrapped:
    """A text that rich shows on lines that suit Chinese as well."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Any, options: Any) -> Any:
        from rich.text import Text

        yield Text("\n".join(wrapped(self.text, options.max_width)))


def as_text(verdicts: Sequence[Verdict], width: int = 100) -> str:
    """Without colour."""
    import io

    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False, force_jupyter=False).print(as_rich(verdicts))
    return out.getvalue().rstrip()
