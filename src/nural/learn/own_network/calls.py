"""How a part is written in the learner's network: the line of its forward pass, and that of its backward pass."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nural.learn.function import REFERENCE
from nural.learn.functions import FUNCTIONS
from nural.learn.own_network.parts import LAST, Part

#: Columns of a line, in front of which stand four more.
WIDTH = 84


def forward_line(part: Part) -> str:
    """The value of a part, from the one that it reads."""
    x = value(part.reads)
    if part.is_written_out:
        right = f"{x}[:, -1]" if part.pair == LAST else f"{x}.reshape({_sizes(part, x)})"
        return f"{value(part.name)} = {right}"
    return _line([value(name) for name in part.values], part.forward, arguments(part, part.forward))


def backward_lines(part: Part) -> list[str]:
    """The gradients of a part's weights and of what it reads."""
    x, dx, dy = value(part.reads), gradient(part.reads), gradient(part.name)
    if part.pair == LAST:
        return [f"{dx} = np.zeros_like({x})", f"{dx}[:, -1] = {dy}"]
    if part.is_written_out:
        return [f"{dx} = {dy}.reshape({x}.shape)"]
    results = [gradient(name) if name else "_" for name in gradients_of(part)]
    return [_line(results, part.backward, arguments(part, part.backward))]


def evaluation_line(part: Part) -> str:
    """The value of a part in prediction: dropout lets everything through, batch norm takes its running averages."""
    if part.pair == "dropout":
        return f"{value(part.name)} = {value(part.reads)}"
    if part.running is None:
        return forward_line(part)
    return _line([value(part.name)], "batch_norm_eval_forward", arguments(part, "batch_norm_eval_forward"))


def gradients_of(part: Part) -> list[str]:
    """The name of each result of a part's backward function; nothing for what nobody asks for."""
    found = []
    for result in FUNCTIONS[part.backward].results:
        name = result.removeprefix("d")
        own = f"{part.name}.{name}" if name in part.weights else ""
        found.append(part.reads if name == "x" else own)
    return found


@dataclass(frozen=True)
class Argument:
    """What a function is given: an array by its name, or a setting.

    Attributes:
        group: "values", "gradients" or "weights"; nothing for a setting.
        name: The array's.
        setting: The setting, if it is one.
        shape: Whether the array's shape is meant.
    """

    group: str = ""
    name: str = ""
    setting: Any = None
    shape: bool = False

    def __str__(self) -> str:
        """How it is written."""
        if not self.group:
            return repr(self.setting).replace("inf", "np.inf")
        return f'{self.group}["{self.name}"]' + (".shape" if self.shape else "")

    def of(self, **groups: Mapping[str, Any]) -> Any:
        """What it is, given the arrays of each group."""
        if not self.group:
            return self.setting
        array = groups[self.group][self.name]
        return array.shape if self.shape else array


def arguments(part: Part, function: str) -> dict[str, Argument]:
    """What a function of the reference is given for this part, by the names of its arguments."""
    found = {}
    for name, parameter in inspect.signature(REFERENCE[function]).parameters.items():
        given = _argument(part, name, function)
        if given is None and parameter.default is parameter.empty:
            given = Argument(setting=1)  # the gamma of a norm without one
        if given is not None:
            found[name] = given
    return found


def _argument(part: Part, name: str, function: str) -> Argument | None:
    if name == "x_shape":
        return Argument("values", part.reads, shape=True)
    if name == "dy":
        return Argument("gradients", part.name)
    if name in ("x", "idx"):
        return Argument("values", part.reads)
    if name in ("y", "h"):
        return Argument("values", part.name)
    if name in part.weights:
        return Argument("weights", f"{part.name}.{name}")
    if function == "batch_norm_eval_forward" and name in part.saved:
        return Argument("weights", f"{part.name}.running_{name}")
    if name in (*part.saved, *part.given):
        return Argument("values", f"{part.name}.{name}")
    return Argument(setting=part.settings[name]) if name in part.settings else None


def value(name: str) -> str:
    """How a value is written."""
    return f'values["{name}"]'


def gradient(name: str) -> str:
    """How a gradient is written."""
    return f'gradients["{name}"]'


def _sizes(part: Part, x: str) -> str:
    return f"len({x}), " + ("-1" if len(part.y_shape) == 2 else ", ".join(map(str, part.y_shape[1:])))


def _line(results: Sequence[str], function: str, given: dict[str, Argument]) -> str:
    """A call whose arguments are in order, and have their names where one is left out before them or is a setting."""
    texts, in_order = [], True
    for name, parameter in inspect.signature(REFERENCE[function]).parameters.items():
        if name not in given:
            in_order = False
            continue
        plain = in_order and (parameter.default is parameter.empty or given[name].group)
        texts.append(f"{given[name]}" if plain else f"{name}={given[name]}")
    left = ", ".join(results)
    line = f"{left} = {function}({', '.join(texts)})"
    if len(line) <= WIDTH:
        return line
    inside = ", ".join(texts)
    inside = f"    {inside}" if len(inside) <= WIDTH - 4 else "\n".join(f"    {text}," for text in texts)
    if len(left) + len(function) <= WIDTH - 4:
        return f"{left} = {function}(\n{inside}\n)"
    names = "\n".join(f"    {name}," for name in results)
    return f"(\n{names}\n) = {function}(\n{inside}\n)"
