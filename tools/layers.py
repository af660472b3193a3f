"""Every layer × every target: what each target writes for it, found by trying, and the tables of this in the docs.

`python tools/layers.py` writes the tables of docs/devices.md and docs/export.md anew. It needs the extra `export-test`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np

from nural.cases.layers import LAYERS, examples
from nural.containers import Residual, Sequential
from nural.export import export_model
from nural.export.folding import fold_batch_norm
from nural.export.html.packing import packed
from nural.export.steps import steps_of
from nural.graph import Concatenate, Graph
from nural.layer import Layer
from nural.layers import Flatten, Linear, Permute, Reverse, Unflatten
from nural.optimizers import SGD
from nural.profile.calls import Calls, Clock
from nural.web.paths import Paths
from nural.web.trace import trace

DOCS = Path(__file__).parents[1] / "docs"
#: ONNX's operators that only reorder values; the tables name them for layers that have no others.
ORDERING = {"Transpose", "Reshape"}
#: How a sentence of an error begins: the file, and the layer or node.
BEFORE = re.compile(r"^[\s\S]*?(cannot express [\s\S]*? as \w+|cannot be read): (layer [\w.]+, \w+, )?")

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """What a target wrote for an example.

    Attributes:
        words: What the tables say of it; empty if nothing was written.
        difference: The largest difference between an output of the model and of what was written; None if another test
            finds it.
        refused: Why nothing was written.
    """

    words: str
    difference: Any = None
    refused: str = ""


@dataclass(frozen=True)
class Target:
    """A destination of nural's networks: a kind of file, another library, or a view of the network.

    Attributes:
        make: ``(model, shape of a sample, class of layers that is tried) -> Made``; raises a ValueError that names a
            layer which is refused.
        table: The table of its layers, ``module:name``, which has None for the layers that it refuses.
    """

    make: Callable[[Layer, Shape, type[Layer]], Made]
    table: str

    def try_on(self, model: Layer, shape: Shape, kind: type[Layer]) -> Made:
        """What it writes for a network."""
        try:
            return self.make(model, shape, kind)
        except ValueError as error:
            return Made("", refused=str(error))

    def entries(self) -> Mapping[type[Layer], Any]:
        """The table."""
        own = {"tools/layers.py:UNCOUNTED": UNCOUNTED, "tools/layers.py:NOT_READ": NOT_READ}
        return own[self.table] if self.table in own else resolve_name(self.table)


def _names(model: Layer, kind: type[Layer]) -> set[str]:
    """The dotted names of the layers of a class."""
    return {name for name, layer in model.named_layers() if type(layer) is kind}


def _c(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        export_model(model, Path(folder) / "model.c", input_shape=shape)
    return Made("yes")  # tests/export/test_c.py compiles it


def _html(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    packed(fold_batch_norm(steps_of(model, shape)), {}, {}, Path("model"))
    return Made("yes")  # tests/export/test_html_page.py opens a page


def _numpy(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        return Made("yes", export_model(model, Path(folder) / "model.py", input_shape=shape).largest_difference)


def _torch(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    from nural.interop.torch_layers import plan_of
    from nural.interop.torch_layout import first_layout

    with tempfile.TemporaryDirectory() as folder:
        written = export_model(model, Path(folder) / "model.safetensors", input_shape=shape)
    names = _names(model, kind)
    modules = [_module(plan, kind) for name, plan in _plans(plan_of(model, first_layout(shape)), "") if name in names]
    return Made(", ".join(dict.fromkeys(modules)), written.largest_difference)


def _plans(plan: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The plans of all modules, by the dotted names of their layers."""
    yield name, plan
    inside = ("branch", "shortcut") if plan.kind.__name__ == "Residual" else map(str, range(len(plan.modules)))
    for child, inner in zip(inside, plan.modules, strict=False):
        yield from _plans(inner, f"{name}.{child}" if name else child)


def _module(plan: Any, kind: type[Layer]) -> str:
    """A module's name; one that the file brings along has no ``nn``."""
    library = "nn." if plan.kind.__module__.startswith("torch.") else ""
    inside = () if kind in (Sequential, Residual) else plan.modules
    return ", ".join([f"`{library}{plan.kind.__name__}`"] if not inside else [_module(each, kind) for each in inside])


def _onnx(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        written = export_model(model, Path(folder) / "model.onnx", input_shape=shape)
        nodes = onnx.load(Path(folder) / "model.onnx").graph.node
    names = _names(model, kind)
    operators = list(dict.fromkeys(node.op_type for node in nodes if node.name.rpartition(".")[0] in names))
    telling = [operator for operator in operators if operator not in ORDERING] or operators
    nothing = "its layers" if kind in (Sequential, Graph) else "nothing"
    return Made(", ".join(telling) or nothing, written.largest_difference)


def _from_onnx(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    from nural.interop.onnx import load

    with tempfile.TemporaryDirectory() as folder:
        export_model(model, Path(folder) / "model.onnx", input_shape=shape)
        return _read(load(Path(folder) / "model.onnx"), model, shape, kind)


def _from_torch(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    from nural.interop.torch import from_torch, to_torch

    return _read(from_torch(to_torch(model, input_shape=shape), input_shape=shape), model, shape, kind)


def _read(found: Layer, model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    """What a network became on its way there and back."""
    x = np.random.default_rng(1).standard_normal((3, *shape)).astype(model.dtype)
    before, after = ([type(layer).__name__ for _, layer in each.named_layers()] for each in (model, found))
    others = ", ".join(f"`{name}`" for name in dict.fromkeys(after) if name not in (*before, "Sequential"))
    words = "itself" if _names(found, kind) else others or "nothing"
    axes = found.info.get("onnx", {"input_axes": range(x.ndim), "output_axes": range(model.forward(x).ndim)})
    y = found.forward(x.transpose(axes["input_axes"]))
    return Made(words, np.abs(y - model.forward(x).transpose(axes["output_axes"])).max())


def _trace(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    """The layers between 784 pixels and ten logits; the difference is that of the logits and of all gradients."""
    rng = np.random.default_rng(2)
    first = [Linear(784, int(np.prod(shape))), *([Unflatten(1, shape)] if len(shape) > 1 else [])]
    size = model.forward(np.zeros((2, *shape), model.dtype)).reshape(2, -1).shape[1]
    network = Sequential(*first, model, Flatten(), Linear(size, 10), rng=rng)
    pixels = rng.random(784, np.float32)
    found = trace(network, pixels, 3)
    logits = network.forward(pixels[None])
    dx = network.backward((found.probabilities - np.eye(10, dtype=np.float32)[3])[None])
    differences = [found.logits.output - logits[0], found.steps["ink"].gradient - dx[0]]
    differences += [found.model.grads[name] - value for name, value in network.grads.items()]
    paths, steps = Paths(found), [step for step in found.steps.values() if type(step.layer) is kind]
    kinds = {paths.kind(step) for step in steps} or {"its layers"}
    whole = "" if kinds != {"whole"} else "its numbers are shown, not what each was computed from"
    return Made(", ".join(sorted(kinds - {"whole"})), max(np.abs(each).max() for each in differences), whole)


def _profile(model: Layer, shape: Shape, kind: type[Layer]) -> Made:
    """The operations that are counted for a batch, forward and backward."""
    calls, layers = Calls(Clock()), dict(model.named_layers())
    x = np.random.default_rng(3).standard_normal((4, *shape)).astype(model.dtype)
    with calls.watching(layers, SGD(0.1)):
        model.backward(np.ones_like(model.forward(x, train=True)))
    forward, backward = (
        sum(calls.operations[part, name] for name in _names(model, kind)) for part in ("forward", "backward")
    )
    return Made(f"{forward}, {backward}") if forward or backward else Made("", refused="there is nothing to count")


#: What no file of ONNX's is read as: a Slice from the end is only a part of a recurrent layer.
NOT_READ = {Reverse: None}
#: Layers that compute nothing themselves.
UNCOUNTED = dict.fromkeys((Sequential, Graph, Concatenate, Flatten, Unflatten, Permute, Reverse))

TARGETS = {
    "C": Target(_c, "nural.export.calls:CALLS"),
    "HTML": Target(_html, "nural.export.calls:CALLS"),
    "NumPy": Target(_numpy, "nural.export.numpy.calls:CALLS"),
    "trace": Target(_trace, "nural.web.connections:CONNECTIONS"),
    "profile": Target(_profile, "tools/layers.py:UNCOUNTED"),
    "PyTorch": Target(_torch, "nural.interop.torch_table:ROWS"),
    "from PyTorch": Target(_from_torch, "nural.interop.torch_table:ROWS"),
    "ONNX": Target(_onnx, "nural.export.onnx_layers:EXPRESSIONS"),
    "from ONNX": Target(_from_onnx, "tools/layers.py:NOT_READ"),
}


def cell(name: str, kind: type[Layer], known: str = "") -> str:
    """What a table says of a target and a class of layers; a reason that is known is left out."""
    found = [TARGETS[name].try_on(model, shape, kind) for model, shape in examples(kind)]
    words = list(dict.fromkeys(each.words for each in found if not each.refused))
    reasons = dict.fromkeys(BEFORE.sub("", each.refused) for each in found if each.refused)
    reasons = [reason for reason in reasons if reason not in known]
    if not words:
        return "no"
    words += _read_too(kind, words) if name == "PyTorch" else []
    return "; ".join(words + ([f"refused: {'; '.join(reasons)}"] if reasons else []))


def _read_too(kind: type[Layer], written: list[str]) -> list[str]:
    """Other modules of PyTorch's that become this layer."""
    from nural.interop.torch_table import TABLE

    modules = [f"`nn.{module.__name__}`" for module, row in TABLE.items() if row.layer is kind]
    others = [module for module in modules if module not in " ".join(written)]
    return [f"read from {', '.join(others)} too"] if others else []


def devices() -> str:
    """The table of docs/devices.md."""
    return _table(["layer", "C and HTML", "NumPy"], {kind: [cell("C", kind), cell("NumPy", kind)] for kind in LAYERS})


def frameworks() -> str:
    """The table of layers in docs/export.md."""
    rows = {}
    for kind in LAYERS:
        rows[kind] = [cell("PyTorch", kind), written := cell("ONNX", kind), cell("from ONNX", kind, written)]
    return _table(["layer", "written for PyTorch", "written in ONNX", "and read again as"], rows)


def operators() -> str:
    """The table of operators in docs/export.md: what each of their functions says of itself."""
    from nural.interop.onnx_operators import OPERATORS

    rows: dict[str, list[str]] = {}
    for name, read in OPERATORS.items():
        said = (read.__doc__ or "").split("\n")[0].rstrip(".")
        rows.setdefault(re.sub(rf"^{name}\b[:,]? ", "", said), []).append(f"`{name}`")
    lines = [f"| {', '.join(names)} | {said} |" for said, names in rows.items()]
    return "\n".join(["| operator | read as |", "|---|---|", *lines])


def _table(columns: list[str], rows: dict[type[Layer], list[str]]) -> str:
    """A table, in which layers that all is alike for have one row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for kind, cells in rows.items():
        alike.setdefault(tuple(cells), []).append(f"`{kind.__name__}`")
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {', '.join(kinds)} | {' | '.join(cells)} |" for cells, kinds in alike.items())])


def with_table(page: str, table: str) -> str:
    """A page with this table in place of the one of the same columns."""
    head = table.partition("\n")[0]
    before, found, after = page.partition(f"\n{head}\n")
    if not found:
        raise ValueError(f"the page has no table that begins with {head}")
    _, end, rest = after.partition("\n\n")
    return f"{before}\n{table}\n" + (end and "\n") + rest


#: The tables of each page.
PAGES = {"devices.md": [devices], "export.md": [frameworks, operators]}


if __name__ == "__main__":
    for name, tables in PAGES.items():
        page = (DOCS / name).read_text()
        for table in tables:
            page = with_table(page, table())
        (DOCS / name).write_text(page)
