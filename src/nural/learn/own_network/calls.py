"""How a part is written in the learner's network: the line of its forward pass, and that of its backward pass."""

import inspect
from collections.abc import Sequence
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
    return [_line(gradients_of(part), part.backward, arguments(part, part.backward))]


def evaluation_line(part: Part) -> str:
    """The value of a part in prediction: dropout lets everything through, batch norm takes its running averages."""
    if part.pair == "dropout":
        return f"{value(part.name)} = {value(part.reads)}"
    if part.running is None:
        return forward_line(part)
    return _line([value(part.name)], "batch_norm_eval_forward", arguments(part, "batch_norm_eval_forward"))


def gradients_of(part: Part) -> list[str]:
    """Where each result of a part's backward function belongs; `_` for what nobody asks for."""
    found = []
    for result in FUNCTIONS[part.backward].results:
        name = result.removeprefix("d")
        if name == "x":
            found.append(gradient(part.reads))
        else:
            found.append(gradient(f"{part.name}.{name}") if name in part.weights else "_")
    return found


def arguments(part: Part, function: str) -> dict[str, str]:
    """What a function of the reference is given for this part, by the names of its arguments."""
    found = {}
    for name, parameter in inspect.signature(REFERENCE[function]).parameters.items():
        text = _argument(part, name, function)
        if text is None and parameter.default is parameter.empty:
            text = "1"  # the gamma of a norm without one
        if text is not None:
            found[name] = text
    return found


def _argument(part: Part, name: str, function: str) -> str | None:
    if name == "x_shape":
        return f"{value(part.reads)}.shape"
    if name == "dy":
        return gradient(part.name)
    if name == "x":
        return value(part.reads)
    if name in ("y", "h"):
        return value(part.name)
    if name in part.weights:
        return f'weights["{part.name}.{name}"]'
    if function == "batch_norm_eval_forward" and name in part.saved:
        return f'weights["{part.name}.running_{name}"]'
    if name in (*part.saved, *part.given):
        return value(f"{part.name}.{name}")
    return repr(part.settings[name]).replace("inf", "np.inf") if name in part.settings else None


def value(name: str) -> str:
    """How a value is written."""
    return f'values["{name}"]'


def gradient(name: str) -> str:
    """How a gradient is written."""
    return f'gradients["{name}"]'


def _sizes(part: Part, x: str) -> str:
    return f"len({x}), " + ("-1" if len(part.y_shape) == 2 else ", ".join(map(str, part.y_shape[1:])))


def _line(results: Sequence[str], function: str, given: dict[str, str]) -> str:
    """A call whose arguments are in order, and have their names where one is left out before them or is a setting."""
    texts, in_order = [], True
    for name, parameter in inspect.signature(REFERENCE[function]).parameters.items():
        if name not in given:
            in_order = False
            continue
        plain = in_order and (parameter.default is parameter.empty or not _is_setting(given[name]))
        texts.append(given[name] if plain else f"{name}={given[name]}")
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


def _is_setting(text: Any) -> bool:
    return not text.startswith(("values", "weights", "gradients"))
