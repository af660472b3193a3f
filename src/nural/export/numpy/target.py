"""The target "numpy": the file is put together, run on samples, and written."""

import ast
import base64
import inspect
import json
import math
import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from nural import reference
from nural.data.digits import PIXELS
from nural.export.answers import Answers, answers_of
from nural.export.folding import fold_batch_norm
from nural.export.input_shape import sample_shape
from nural.export.names import require_module_name
from nural.export.numpy.answers import parts
from nural.export.numpy.calls import CALLS, Weights
from nural.export.samples import samples_for
from nural.export.steps import Step, last_readers, steps_of
from nural.export.target import ExportError, Options, Target, Written, cannot_express
from nural.graph import Concatenate, Sum
from nural.layer import Layer
from nural.overwriting import signature, signed

KIND = "NumPy"
#: The kind of the file, by which nural recognises it.
FILE = "network in NumPy"
FLOATS = {32: np.float32, 16: np.float16}
#: Each function of the reference as it is written there, and in that order.
FORMULAS = {name: inspect.getsource(value) for name, value in vars(reference).items() if inspect.isfunction(value)}
LINE = 112  # characters of base64
SCALED = """\
    if x.dtype == np.uint8:
        x = x / np.float32(256)
"""


def make_numpy(model: Layer, path: Path, options: Options) -> Written:
    """A model as one Python file that imports nothing but NumPy.

    Raises:
        ExportError: a layer has no formula there, Python could not import a file of this name, or the number of bits
            is neither 32 nor 16.
    """
    require_module_name(path, "numpy")
    bits = 32 if options.bits is None else options.bits
    if bits not in FLOATS:
        raise ExportError(f"{path}: weights in {KIND} have 32 or 16 bits, not {bits}")
    shape = sample_shape(model, path, options.input_shape)
    samples = samples_for(model, shape, path, options)
    answers = answers_of(model, samples.y.shape[1:], path)
    text = numpy_program(fold_batch_norm(steps_of(model, shape)), shape, answers, path, bits)
    comparison = samples.compare(_run(text, answers.word, samples.x), "running the file")
    return Written({path: signed(text)}, shape, comparison, {"bits_of_a_weight": bits})


def numpy_program(steps: list[Step], shape: tuple[int, ...], answers: Answers, path: Path, bits: int = 32) -> str:
    """The file's text.

    Args:
        steps: The steps of the network.
        shape: The shape of one sample.
        answers: What the outputs stand for.
        path: The file, for its usage message and for errors.
        bits: 32 or 16, of the floats in which weights are stored.
    """
    weights: Weights = {}
    body = "\n".join(_lines(steps, path, weights))
    task = parts(answers)
    used = formulas_used(f"{body}\n{task.functions}")
    sources = "\n\n\n".join(text.rstrip() for name, text in FORMULAS.items() if name in used)
    template = Path(__file__).with_name("program.txt").read_text(encoding="utf-8")
    reads_digits = math.prod(shape) == PIXELS
    texts = {
        "signature": signature(FILE),
        "functions": task.names,
        "file": json.dumps(path.name)[1:-1],
        "pixels": "; values of type uint8 are divided by 256" if reads_digits else "",
        "constants": task.constants,
        "formulas": sources,
        "outputs": answers.word,
        "scaled": SCALED if reads_digits else "",
        "answers": task.functions,
        "main": task.main,
        "shape": repr(shape),
        "network": textwrap.indent(body, "    "),
        "weights": "\n".join(_stored(name, array, bits) for name, array in weights.items()),
        "float": f"<f{bits // 8}",
    }
    return re.sub(r"@(\w+)@", lambda match: texts[match[1]], template)


def _lines(steps: list[Step], path: Path, weights: Weights) -> list[str]:
    """The network line by line: ``x`` is what the line before made, ``x3`` what step 3 made and a later one reads."""
    last = last_readers(steps)
    found = ["x0 = x"] if last.get(0, 0) > 1 else []
    for i, step in enumerate(steps, 1):
        names = ["x" if read == i - 1 else f"x{read}" for read in step.reads]
        lines = CALLS.get(type(step.layer))
        if type(step.layer) is Sum:
            found.append(f"x = {' + '.join(names)}")
        elif type(step.layer) is Concatenate:
            found.append(f"x = np.concatenate([{', '.join(names)}], axis={step.layer.axis})")
        elif lines is None:
            raise cannot_express(path, step.place, step.layer, KIND, "there is no formula for it")
        else:
            found += [] if names == ["x"] else [f"x = {names[0]}"]
            found += lines(step, weights)
        found += [f"x{i} = x"] if last.get(i, 0) > i + 1 else []
    return found


def formulas_used(body: str) -> set[str]:
    """The formulas that the network uses, directly or through other formulas."""
    used: set[str] = set()
    texts = [body]
    while texts:
        names = {node.id for node in ast.walk(ast.parse(texts.pop())) if isinstance(node, ast.Name)}
        new = names & FORMULAS.keys() - used
        used |= new
        texts += [FORMULAS[name] for name in new]
    return used


def _stored(name: str, array: np.ndarray, bits: int) -> str:
    """An array as a line of Python: its shape, and its floats in base64."""
    content = base64.b64encode(array.astype(f"<f{bits // 8}").tobytes()).decode()
    lines = "\n".join(f'    "{content[begin : begin + LINE]}"' for begin in range(0, len(content), LINE))
    return f'W["{name}"] = array(\n    {array.shape},\n{lines},\n)'


def _run(text: str, function: str, x: np.ndarray) -> Any:
    """The file's results for samples. It holds only nural's formulas and numbers, so running it is safe."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported", "exec"), names)
    return names[function](x)


TARGET = Target("numpy", KIND, (".py",), FILE, make_numpy, frozenset({"bits"}))
