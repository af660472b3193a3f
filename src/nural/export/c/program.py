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
from nural.export.c.buffers import Buffers
from nural.export.c.parts import parts_for
from nural.export.calls import Call, Inexpressible, call
from nural.export.quantisation import Quantised
from nural.export.steps import Step
from nural.export.target import ExportError, cannot_express
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

    def add(self, call: Call, place: str, x: str, y: str) -> None:
        """Add a call and its constants."""
        name = "layer" + "".join(f"_{part}" for part in place.split(".") if part)
        arguments = [x, y]
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
    calls = [(step, _call(step, quantised, path)) for step in steps]
    body, buffers = _Body(), Buffers()
    last = max((i for i, (step, made) in enumerate(calls) if made or step.action == "add"), default=None)
    if last is None:
        raise ExportError(f"{path}: the model has no layer that computes anything")
    for i, (step, made) in enumerate(calls):
        match step.action:
            case "keep":
                buffers.keep()
            case "exchange":
                buffers.exchange()
            case "add":
                x, around = buffers.value, buffers.kept.pop()
                y = output if i == last else buffers.place_for(step.y_shape, in_place=True)
                body.lines.append(f"add({x}, {around}, {y}, {prod(step.y_shape)});")
            case _ if made:
                x = buffers.value
                y = output if i == last else buffers.place_for(step.y_shape, in_place=made.in_place)
                body.add(made, step.place, x, y)
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


def _call(step: Step, quantised: Mapping[str, Quantised], path: Path) -> Call | None:
    if step.action != "apply":
        return None
    try:
        return call(step, quantised.get(step.place))
    except Inexpressible as error:
        raise cannot_express(path, step.place, step.layer, KIND, str(error)) from error


def _filled(template: str, names: Mapping[str, str]) -> str:
    text = Path(__file__).with_name(template).read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: names.get(match[1], ""), text)


def _literal(value: Any) -> str:
    """A number in C: floats with enough digits to restore all bits."""
    if isinstance(value, int | np.integer):
        return str(int(value))
    digits = f"{float(value):.9g}"
    return digits + ("f" if "." in digits or "e" in digits else ".0f")
