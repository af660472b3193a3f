"""The target itself: the file is put together, run on samples, and written."""

import ast
import base64
import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from nural import reference
from nural.atomic_file import write_atomically
from nural.export.folding import fold_batch_norm
from nural.export.numpy.calls import CALLS, Weights
from nural.export.samples import sample_shape, samples_for
from nural.export.steps import Step, steps_of
from nural.export.target import ExportError, Options, Target, Written, cannot_express
from nural.layer import Layer

KIND = "NumPy"
FLOATS = {32: np.float32, 16: np.float16}
#: Each function of the reference as it is written there, and in that order.
FORMULAS = {name: inspect.getsource(value) for name, value in vars(reference).items() if inspect.isfunction(value)}
LINE = 112  # characters of base64


def write_numpy(model: Layer, path: Path, options: Options) -> Written:
    """Write a model as one Python file that imports nothing but NumPy.

    Raises:
        ExportError: a layer has no formula there, or the weights are to have another number of bits than 32 or 16.
        OSError: the file cannot be written.
    """
    bits = 32 if options.bits is None else options.bits
    if bits not in FLOATS:
        raise ExportError(f"{path}: weights in {KIND} have 32 or 16 bits, not {bits}")
    shape = sample_shape(model, path, options.input_shape)
    text = numpy_program(fold_batch_norm(steps_of(model, shape)), shape, path, bits)
    samples = samples_for(model, shape)
    found = _run(text, samples.x)
    write_atomically(path, text.encode())
    difference = float(np.abs(found - samples.y).max())
    return Written((path,), difference, f"on {samples.what}, by running the file", {"bits_of_a_weight": bits})


def numpy_program(steps: list[Step], shape: tuple[int, ...], path: Path, bits: int = 32) -> str:
    """The file's text.

    Args:
        steps: The network's.
        shape: Of one sample.
        path: Where it will be, for its usage and for errors.
        bits: 32 or 16, of the floats in which weights are stored.
    """
    weights: Weights = {}
    body = "\n".join(_lines(steps, path, weights))
    used = _used(body)
    sources = "\n\n\n".join(text.rstrip() for name, text in FORMULAS.items() if name in used)
    template = Path(__file__).with_name("program.txt").read_text(encoding="utf-8")
    parts = {
        "file": json.dumps(path.name)[1:-1],
        "imports": "import math\n" if "math." in sources else "",
        "formulas": sources,
        "shape": repr(shape),
        "network": textwrap.indent(body, "    "),
        "weights": "\n".join(_stored(name, array, bits) for name, array in weights.items()),
        "float": f"<f{bits // 8}",
    }
    return re.sub(r"@(\w+)@", lambda match: parts[match[1]], template)


def _lines(steps: list[Step], path: Path, weights: Weights) -> list[str]:
    """The network line by line."""
    found, depth = [], 0
    for step in steps:
        depth += (step.action == "keep") - (step.action == "add")
        kept = f"kept_{depth + (step.action == 'add')}"
        match step.action:
            case "apply":
                if type(step.layer) not in CALLS:
                    raise cannot_express(path, step.place, step.layer, KIND, "there is no formula for it")
                found += CALLS[type(step.layer)](step, weights)
            case "keep":
                found.append(f"{kept} = x")
            case "exchange":
                found.append(f"x, {kept} = {kept}, x")
            case "add":
                found.append(f"x = x + {kept}")
    return found


def _used(body: str) -> set[str]:
    """The formulas that the network names, and those that these name."""
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
    lines = "\n".join(f'    "{part}"' for part in textwrap.wrap(content, LINE))
    return f'W["{name}"] = array(\n    {array.shape},\n{lines},\n)'


def _run(text: str, x: np.ndarray) -> Any:
    """What the file makes of samples: it holds nothing but formulas of nural's and numbers."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported", "exec"), names)
    return names["logits"](x)


TARGET = Target("numpy", KIND, (".py",), write_numpy, frozenset({"input_shape", "bits"}))
