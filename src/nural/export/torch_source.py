"""The Python that builds a PyTorch module. Imports PyTorch; import it where it is needed."""

import inspect
import json
import math
import textwrap
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from nural.export.answers import Answers
from nural.export.torch_answers import functions
from nural.interop import torch_modules
from nural.interop.torch_layers import Plan

PAGE = '''\
# {signature}
"""A network written by nural for PyTorch. It needs {weights} beside it, PyTorch and safetensors."""

from pathlib import Path
{typing}
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = Path(__file__).with_name({quoted})
{names}
{classes}
def build() -> nn.Module:
    """The module with weights as PyTorch draws them. It takes {taken}: {dtype}."""
    return {module}


def load() -> nn.Module:
    """The module with the network's weights, in evaluation mode."""
    module = build()
    module.load_state_dict(load_file(WEIGHTS))
    return module.eval()

{functions}'''


def source(plan: Plan, signature: str, weights: str, taken: str, answers: Answers, channels_first: bool) -> str:
    """The text of the file.

    Args:
        plan: How the module is made.
        signature: Nural's signature.
        weights: The name of the file that holds its state_dict.
        taken: The input of the module, as text.
        answers: What its outputs stand for.
        channels_first: Whether the outputs are channels-first in PyTorch.
    """
    text = functions(answers, channels_first)
    own = [kind for kind in _bases(plan) if kind.__module__ == torch_modules.__name__]
    return PAGE.format(
        weights=json.dumps(weights)[1:-1],
        quoted=json.dumps(weights),
        signature=signature,
        typing="from typing import Any\n" if own or "Any" in text else "",
        names=f"CLASSES = {answers.task.classes!r}\n" if answers.task.classes else "",
        classes="".join(_class(kind) for kind in own),
        taken=taken,
        dtype=next((str(given["dtype"]) for given in _arguments(plan) if "dtype" in given), "torch.float32"),
        module=_call(plan).replace("\n", "\n    "),
        functions=text,
    )


def _class(kind: type[nn.Module]) -> str:
    """The source of one of nural's own modules, without comments for the type checker."""
    lines = inspect.getsource(kind).splitlines()
    return "\n" + "\n".join(line.partition("  # pyright")[0] for line in lines) + "\n\n"


def _bases(plan: Plan) -> list[type[nn.Module]]:
    """The classes that the plan needs, bases before classes derived from them."""
    needed: dict[type[nn.Module], None] = {}
    for kind in _kinds(plan):
        needed |= dict.fromkeys(base for base in reversed(kind.__mro__) if issubclass(base, nn.Module))
    return list(needed)


def _kinds(plan: Plan) -> Iterator[type[nn.Module]]:
    yield plan.kind
    for inner in plan.modules:
        yield from _kinds(inner)


def _arguments(plan: Plan) -> Iterator[dict[str, Any]]:
    yield dict(plan.arguments)
    for inner in plan.modules:
        yield from _arguments(inner)


def _call(plan: Plan) -> str:
    """The call that makes the module, with one line for each module inside."""
    prefix = "" if plan.kind.__module__ == torch_modules.__name__ else "nn."
    if plan.modules:
        inside = "".join(f"{_call(inner)},\n" for inner in plan.modules)
        return f"{prefix}{plan.kind.__name__}(\n{textwrap.indent(inside, '    ')})"
    defaults = _defaults(plan.kind)
    shown = {name: value for name, value in plan.arguments.items() if name not in defaults or defaults[name] != value}
    shown = {name: value for name, value in shown.items() if value is not torch.float32}
    return f"{prefix}{plan.kind.__name__}({', '.join(f'{name}={_literal(value)}' for name, value in shown.items())})"


def _literal(value: Any) -> str:
    return f"float('{value}')" if value in (math.inf, -math.inf) else repr(value)


def _defaults(kind: type[nn.Module]) -> dict[str, Any]:
    parameters = dict(inspect.signature(kind).parameters)
    if issubclass(kind, nn.RNNBase):
        parameters |= inspect.signature(nn.RNNBase).parameters
    return {name: parameter.default for name, parameter in parameters.items()}
