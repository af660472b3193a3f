"""The text of a C file and of its header."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nural.export.answers import Answers
from nural.export.c.answers import functions, word
from nural.export.c.buffers import INPUT, Buffers
from nural.export.c.parts import parts_for
from nural.export.calls import Call, calls_of
from nural.export.quantisation import Quantised
from nural.export.steps import Step, last_readers
from nural.export.target import ExportError
from nural.graph import Concatenate, Sum
from nural.overwriting import signature

KIND = "C"
#: The kind of the files, by which nural recognises them.
FILE = "network in C"
WIDTH = 110  # characters of a line of numbers


@dataclass(frozen=True)
class Program:
    """A C file.

    Attributes:
        source: Its text.
        header: The text of its header.
        weight_bytes: The size of its constants.
        buffer_bytes: The size of its buffers: all the memory that it writes to, apart from the stack.
    """

    source: str
    header: str
    weight_bytes: int
    buffer_bytes: int


@dataclass
class _Body:
    """What the steps of the network add to the program."""

    constants: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    weight_bytes: int = 0

    def number(self, value: Any, name: str) -> str:
        """A number in C's notation; or the name of an array, after defining it."""
        if value is None:
            return "0"
        if not isinstance(value, np.ndarray):
            return _literal(value)
        kind = "weight" if name.endswith(("_W", "_K")) else "float"
        values = textwrap.fill(", ".join(map(_literal, value.ravel())), WIDTH, initial_indent="    ")
        values = values.replace("\n", "\n    ")
        self.constants.append(f"static const {kind} {name}[{value.size}] = {{\n{values},\n}};")
        self.weight_bytes += value.nbytes
        return name

    def add(self, step: Step, call: Call, xs: Sequence[str], y: str) -> None:
        """Add a call and its constants."""
        if isinstance(step.layer, Sum):
            for i, x in enumerate(xs[1:]):
                self.lines.append(f"add({y if i else xs[0]}, {x}, {y}, {call.fields['n']});")
            return
        if isinstance(step.layer, Concatenate):
            at, rows, width = 0, call.fields["rows"], call.fields["width"]
            for x, shape in zip(xs, step.x_shapes, strict=True):
                self.lines.append(f"put({x}, {y}, {rows}, {prod(shape) // rows}, {at}, {width});")
                at += prod(shape) // rows
            return
        name = "layer" + "".join(f"_{part}" for part in step.place.split(".") if part)
        arguments = [xs[0], y]
        values = [self.number(value, f"{name}_{key}") for key, value in call.fields.items()]
        if call.struct:
            self.constants.append(f"static const struct {call.struct} {name} = {{{', '.join(values)}}};")
            arguments = [f"&{name}", *arguments]
        else:
            arguments += values
        self.lines.append(f"{call.function}({', '.join(arguments)});")


def c_program(
    steps: Sequence[Step],
    quantised: Mapping[str, Quantised],
    path: Path,
    prefix: str,
    shape: tuple[int, ...],
    answers: Answers,
) -> Program:
    """Write a network as C.

    Args:
        steps: The steps of the network.
        quantised: The weights in whole numbers, if wanted.
        path: The C file, for its name and for errors.
        prefix: The prefix of public names.
        shape: The shape of one sample.
        answers: What the outputs stand for.

    Raises:
        ExportError: a layer cannot be expressed.
    """
    output = word(answers)
    calls = calls_of(steps, quantised, path, KIND)
    if not calls:
        raise ExportError(f"{path}: the model has no layer that computes anything")
    body, buffers = _Body(), Buffers()
    names, last = {0: INPUT}, last_readers([step for step, _ in calls])
    for i, (step, call) in enumerate(calls, 1):
        xs = [names[read] for read in step.reads]
        needed = {names[read] for read, reader in last.items() if read < i <= reader}
        done = last[step.reads[0]] == i and xs[0] != INPUT and xs.count(xs[0]) == 1
        reused = xs[0] if call.in_place and done else None
        names[i] = output if i == len(calls) else buffers.place_for(step.y_shape, needed, reused)
        body.add(step, call, xs, names[i])
    own = functions(answers, prefix, prod(shape), " x ".join(map(str, shape)))
    names = {
        "signature": signature(FILE),
        "file": path.stem,
        "PREFIX": prefix.upper(),
        "inputs": str(prod(shape)),
        "outputs": str(prod(answers.shape)),
        "classes": f"#define {prefix.upper()}_CLASSES {answers.classes}\n" if answers.classes else "",
        "declarations": own.declarations,
        "probabilities": own.probabilities,
        "predict": own.predict,
        "answer": own.answer,
    }
    buffer_lines = [f"    static float {name}[{size}];" for name, size in sorted(buffers.sizes.items())]
    names["network"] = "\n".join([*buffer_lines, *([""] if buffer_lines else []), *(f"    {x}" for x in body.lines)])
    constants = [*body.constants, own.limits, own.names]
    names["constants"] = "\n\n".join(filter(None, constants))
    program = _filled("program.txt", names)
    names["parts"] = "\n\n\n".join(parts_for(program))
    if quantised:
        names["parts"] = names["parts"].replace("typedef float weight;", "typedef signed char weight;")
    names["memory"] = str(4 * sum(buffers.sizes.values()))
    source = _filled("program.txt", names)
    return Program(source, _filled("header.txt", names), body.weight_bytes, 4 * sum(buffers.sizes.values()))


def _filled(template: str, names: Mapping[str, str]) -> str:
    text = Path(__file__).with_name(template).read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: names.get(match[1], ""), text)


def _literal(value: Any) -> str:
    """A number in C: floats with enough digits to restore all bits."""
    if isinstance(value, int | np.integer):
        return str(int(value))
    digits = f"{float(value):.9g}"
    return digits + ("f" if "." in digits or "e" in digits else ".0f")
