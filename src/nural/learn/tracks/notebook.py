"""A track as a notebook: the same functions, a cell each, and a cell that judges it."""

import hashlib
import json
import re
import textwrap
from typing import Any

from nural.learn.tracks.track import TRAIN, TWIN, Track, skeleton
from nural.learn.tracks.words import WORDS


def notebook(track: Track, language: str, solved: bool = False) -> str:
    """The text of the notebook, with the solutions or with functions to write."""
    words, said = WORDS[language], track.words[language]
    cells = [_markdown(f"# {said['title']}\n\n{said['introduction'].strip()}\n\n{words['write']}")]
    speak = "" if language == "en" else f'\n\nnural.learn.speak("{language}")'
    cells.append(_code(f"import numpy as np\n\nimport nural.learn{speak}"))
    if solved:
        cells.append(_code("from nural.reference import *"))
    for module in track.modules:
        if module.file == TWIN:
            continue
        cells.append(_markdown(f"## {module.words[language]['docstring']}"))
        parts = [without_imports_of(track, module.given_text(language))]
        for exercise in module.exercises:
            code = exercise.solved() if solved else skeleton(exercise, language)
            if exercise.is_method:
                parts[0] += "\n\n" + textwrap.indent(code, "    ").rstrip()
            else:
                parts += [code.rstrip(), _check(exercise.title, exercise.name)]
        methods = [exercise for exercise in module.exercises if exercise.is_method]
        if methods:
            name = methods[0].name.rpartition(".")[0]
            parts.append(_check(name.rpartition("/")[2], name))
        cells += [_code(part) for part in parts if part]
    loops = next(module.loops for module in track.modules if module.file == TRAIN)
    cells += [_markdown(f"## {words['loop']}"), *(_code(loop.rstrip()) for loop in loops)]
    for number, cell in enumerate(cells):
        cell["id"] = hashlib.sha256(f"{track.name} {number}".encode()).hexdigest()[:8]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    text = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(text, indent=1, ensure_ascii=False) + "\n"


def without_imports_of(track: Track, code: str) -> str:
    """Code without the lines that import from the track's own files: in a notebook all is in one place."""
    names = "|".join(module.name for module in track.modules)
    return re.sub(rf"^(from ({names}) import .*|import numpy as np)\n?", "", code, flags=re.MULTILINE).strip("\n")


def _check(title: str, name: str) -> str:
    return f"nural.learn.check({title}" + (f', like="{name}")' if "/" in name else ")")


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "metadata": {}, "source": text.splitlines(keepends=True), **empty}
