"""A learner's network as parts in a row, and the two files that it is written in: as a skeleton, or solved."""

from dataclasses import asdict, dataclass
from typing import Any

from nural.learn.own_network.calls import backward_lines, evaluation_line, forward_line, value
from nural.learn.own_network.parts import Part


@dataclass(frozen=True)
class Network:
    """What is written into the folder and judged there.

    Attributes:
        source: Where it comes from: "net.py:LeNet".
        parts: In order.
        loss: The function of the reference that is its loss.
        language: "en" or "zh".
        framework: What its model is of: "PyTorch" or "Keras".
    """

    source: str
    parts: tuple[Part, ...]
    loss: str
    language: str = "en"
    framework: str = "PyTorch"

    @property
    def output(self) -> str:
        """The name of its last value."""
        return self.parts[-1].name

    @property
    def pairs(self) -> list[str]:
        """The pairs that it needs, each once."""
        return list(dict.fromkeys(part.pair for part in self.parts if not part.is_written_out))

    @property
    def functions(self) -> list[str]:
        """What `layers.py` has to hold, in the order in which it is written."""
        found = [f"{pair}_{way}" for pair in self.pairs for way in ("forward", "backward")]
        if any(part.running is not None for part in self.parts):
            found.insert(found.index("batch_norm_backward") + 1, "batch_norm_eval_forward")
        if "dropout" in self.pairs:
            found.insert(found.index("dropout_forward"), "dropout_mask")
        return [*found, self.loss, "sgd_update"]

    @property
    def is_another_in_prediction(self) -> bool:
        """Whether a part of it does something else in prediction than in training."""
        return any(part.given or part.running is not None for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Network":
        """The network of a folder."""
        names = "x_shape", "y_shape", "weights", "saved", "given"
        known: list[dict[str, Any]] = [
            part
            | {key: tuple(part[key]) for key in names}
            | {"settings": {key: _tuples(setting) for key, setting in part["settings"].items()}}
            for part in found["parts"]
        ]
        parts = tuple(Part(**part) for part in known)
        return Network(**{**found, "parts": parts})


def _tuples(setting: Any) -> Any:
    """A setting as it was before it was JSON, which has no tuples."""
    return tuple(map(_tuples, setting)) if isinstance(setting, list) else setting


#: The functions of `network.py`, in the order in which they are written.
BLANKS = {
    "forward": "values, weights",
    "backward": "gradients, values, weights",
    "predict": "x, weights",
    "step": "weights, values, t, learning_rate",
    "train": "weights, batches, learning_rate",
}


def solution(network: Network, blank: str) -> list[str]:
    """The lines of a function of `network.py`."""
    if blank == "forward":
        return [line for part in network.parts for line in forward_line(part).splitlines()]
    if blank == "backward":
        backwards = [line for part in reversed(network.parts) for line in backward_lines(part)]
        return [line for text in backwards for line in text.splitlines()]
    if blank == "predict":
        return _prediction(network)
    if blank == "step":
        return _step(network)
    return ["return [step(weights, values, t, learning_rate) for values, t in batches]"]


def _prediction(network: Network) -> list[str]:
    lines = ['values = {"x": x}']
    if network.is_another_in_prediction:
        lines += [line for part in network.parts for line in evaluation_line(part).splitlines()]
    else:
        lines.append("forward(values, weights)")
    return [*lines, f"return {value(network.output)}"]


def _step(network: Network) -> list[str]:
    lines = [
        "forward(values, weights)",
        f"loss, dy = {network.loss}({value(network.output)}, t)",
        f'gradients = {{"{network.output}": dy}}',
        "backward(gradients, values, weights)",
        "for name in weights:",
        "    if name in gradients:",
        "        sgd_update(weights[name], gradients[name], learning_rate)",
    ]
    for part in network.parts:
        if part.running is not None:
            lines += _running(part)
    return [*lines, "return loss"]


def _running(part: Part) -> list[str]:
    """The running averages."""
    mean, variance = (f'weights["{part.name}.running_{name}"]' for name in part.saved)
    batch_mean, batch_variance = (value(f"{part.name}.{name}") for name in part.saved)
    n = [f"n = {value(part.reads)}.size // mean.size", "variance = variance * n / (n - 1)"] if part.correction else []
    return [
        f"mean = {batch_mean}",
        f"variance = {batch_variance}",
        *n,
        f"{mean} += {part.running} * (mean - {mean})",
        f"{variance} += {part.running} * (variance - {variance})",
    ]


def first_lines(network: Network, blank: str) -> list[str]:
    """The lines that a skeleton begins with: an example of how a part is written, up to the first function."""
    if blank not in ("forward", "backward"):
        return []
    lines = []
    for part in network.parts if blank == "forward" else reversed(network.parts):
        texts = [forward_line(part)] if blank == "forward" else backward_lines(part)
        lines += [line for text in texts for line in text.splitlines()]
        if not part.is_written_out:
            break
    return lines


def table(network: Network) -> list[str]:
    """The network, a part a line: its name, the shape of its value, its function, and how the module says it."""
    rows = [("x", str(network.parts[0].x_shape), "", "")]
    for p in network.parts:
        settings = "".join(f", {name}={setting}" for name, setting in p.settings.items())
        rows.append((p.name, str(p.y_shape), (p.pair if p.is_written_out else p.forward) + settings, p.said))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    padded = [[f"{cell:<{width}}" for cell, width in zip(row, [*widths, 0], strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in padded]
