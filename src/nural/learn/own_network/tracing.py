"""What a PyTorch module's forward does, one call after another. Imports PyTorch; import it where it is needed."""

import copy
import inspect
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from nural.interop.torch_modules import GRUOutput, LSTMOutput, RNNOutput
from nural.interop.torch_table import TABLE
from nural.learn.own_network.parts import PAIRS
from nural.learn.running import NotLoaded

RECURRENT: dict[type[nn.Module], type[nn.Module]] = {nn.RNN: RNNOutput, nn.LSTM: LSTMOutput, nn.GRU: GRUOutput}
KNOWN = tuple(module for module, row in TABLE.items() if row.layer in PAIRS)
#: What the values of modules without a name of their own are called, with a number behind.
NAMES: dict[Any, str] = {
    **{nn.Linear: "fc", nn.Conv2d: "conv", nn.BatchNorm1d: "norm", nn.BatchNorm2d: "norm", nn.LayerNorm: "norm"},
    nn.GroupNorm: "norm",
    **{nn.MaxPool2d: "pool", nn.AvgPool2d: "pool", nn.AdaptiveAvgPool2d: "pool", nn.AdaptiveMaxPool2d: "pool"},
    **{nn.Dropout: "dropout", nn.Flatten: "flatten", nn.Unflatten: "image"},
    **{nn.Hardtanh: "hardtanh", nn.ReLU6: "relu", nn.LeakyReLU: "leaky_relu", nn.LogSoftmax: "log_softmax"},
}
#: Functions, and methods of tensors, and the modules that do the same.
FUNCTIONS: dict[str, type[nn.Module]] = {
    **{"relu": nn.ReLU, "relu_": nn.ReLU, "relu6": nn.ReLU6, "hardtanh": nn.Hardtanh, "leaky_relu": nn.LeakyReLU},
    **{"elu": nn.ELU, "selu": nn.SELU, "gelu": nn.GELU, "silu": nn.SiLU, "softplus": nn.Softplus},
    "softsign": nn.Softsign,
    **{"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "softmax": nn.Softmax, "log_softmax": nn.LogSoftmax},
    **{"dropout": nn.Dropout, "max_pool2d": nn.MaxPool2d, "avg_pool2d": nn.AvgPool2d},
    **{"adaptive_avg_pool2d": nn.AdaptiveAvgPool2d, "adaptive_max_pool2d": nn.AdaptiveMaxPool2d},
}
RESHAPES = "flatten", "view", "reshape", "squeeze", "unsqueeze"
#: Arguments of functions that say how, and not what, is computed.
OF_HOW = "inplace", "training", "_stacklevel", "dtype", "input"


@dataclass(frozen=True)
class Call:
    """One module or function that forward calls.

    Attributes:
        name: What its value is called.
        node: The node of the graph whose value it is.
        module: What does it, or does what a function does; None where a sequence's last step is taken.
        said: How forward says it.
    """

    name: str
    node: fx.Node
    module: nn.Module | None
    said: str


def traced(module: nn.Module) -> fx.GraphModule:
    """The module as a graph of calls, in training mode, in float64, nothing frozen; the module itself stays as it is.

    Raises:
        NotLoaded: PyTorch cannot trace it.
    """
    name = type(module).__name__
    module = copy.deepcopy(module).double().cpu().train().requires_grad_(True)
    try:
        graph = fx.symbolic_trace(module)
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise NotLoaded(
            f"{name}.forward cannot be followed by torch.fx, perhaps because it branches on a value: {said}"
        ) from None
    graph.graph.eliminate_dead_code()
    return graph


class Recorder(fx.Interpreter):
    """Runs the module's own forward, keeps the value of each node with its gradient, and drops what it is told to.

    Args:
        graph: The module.
        masks: What is multiplied in place of a dropout, by the dropout's node.
    """

    def __init__(self, graph: fx.GraphModule, masks: dict[fx.Node, torch.Tensor]) -> None:
        super().__init__(graph, garbage_collect_values=False)
        self.masks, self.kept = masks, {}

    def run_node(self, n: fx.Node) -> Any:
        """The value of one node."""
        if n in self.masks:
            value: Any = self.kept[n.all_input_nodes[0]] * self.masks[n]
        else:
            value = super().run_node(n)
        found = value[0] if isinstance(value, tuple) else value
        if isinstance(found, torch.Tensor) and found.requires_grad:
            found.retain_grad()
        self.kept[n] = found
        return value


def shapes_of(graph: fx.GraphModule, x: torch.Tensor) -> dict[fx.Node, tuple[int, ...]]:
    """The shape of each node's value.

    Raises:
        NotLoaded: The module does not take this input.
    """
    recorder = Recorder(copy.deepcopy(graph), {})
    try:
        with torch.random.fork_rng(devices=[]):
            recorder.run(x)
    except Exception as error:
        said = " ".join(str(error).split()).split("While executing")[0][:200]
        raise NotLoaded(f"it does not take an input of shape {tuple(x.shape)}: {said}") from None
    by_name = {n.name: v for n, v in recorder.kept.items() if isinstance(v, torch.Tensor)}
    return {n: tuple(by_name[n.name].shape) for n in graph.graph.nodes if n.name in by_name}


class Reading:
    """Reads a graph's calls, as long as each reads what the one before gave.

    Args:
        graph: The module.
        shapes: Of its nodes' values.
        owner: What the module is called.
    """

    def __init__(self, graph: fx.GraphModule, shapes: dict[fx.Node, tuple[int, ...]], owner: str) -> None:
        self.graph, self.shapes, self.owner = graph, shapes, owner
        self.calls: list[Call] = []
        self.names: set[str] = {"x"}
        self.counts: dict[str, int] = {}

    def read(self) -> list[Call]:
        """The calls in order.

        Raises:
            NotLoaded: There is something else among them; the sentence names it and what is known.
        """
        nodes = list(self.graph.graph.nodes)
        inputs = [n for n in nodes if n.op == "placeholder"]
        if len(inputs) != 1:
            raise NotLoaded(f"{self.owner}.forward takes {len(inputs)} inputs, and one is known: x")
        now = inputs[0]
        while True:
            users = [n for n in now.users if not _asks_shape(n)]
            if len(users) != 1:
                self._refuse_fork(now, users)
            node = users[0]
            if node.op == "output":
                if node.args[0] is not now:
                    raise NotLoaded(f"{self.owner}.forward returns several values, and one is known: the output")
                return self.calls
            now = self._step(node, now)

    def _step(self, node: fx.Node, before: fx.Node) -> fx.Node:
        """Add what a node does, and give the node that stands for its value."""
        if node.op == "call_module":
            return self._module(node, before)
        name = _called(node)
        if name in RESHAPES:
            return self._reshape(node, before, name)
        if name == "dropout" and not _in_training(node):
            return before
        if name in FUNCTIONS:
            self._add(node, self._counterpart(FUNCTIONS[name], node), f"{name}()", "")
            return node
        if node.target is operator.getitem and _is_last_step(node):
            self._add(node, None, "[:, -1]", "last")
            return node
        raise NotLoaded(f"{self.owner}.forward calls {name}, which is not known here. {known()}")

    def _module(self, node: fx.Node, before: fx.Node) -> fx.Node:
        module = self.graph.get_submodule(str(node.target))
        said = f"self.{node.target}"
        if type(module) is nn.Identity or (type(module) is nn.Flatten and self.shapes[before] == self.shapes[node]):
            return node
        own = str(node.target) if not str(node.target).rpartition(".")[2].isdigit() else ""
        if len(node.args) + len(node.kwargs) > 1:
            raise NotLoaded(f"{self.owner}.forward gives {said} several inputs, and one is known: what came before")
        if type(module) is nn.Dropout and module.p == 1:
            raise NotLoaded(f"{said} of {self.owner} drops everything: p must be below 1")
        if type(module) in RECURRENT:
            return self._recurrent(node, module, own)
        self._add(node, module, f"{said}: {type(module).__name__}", own)
        return node

    def _recurrent(self, node: fx.Node, module: Any, own: str) -> fx.Node:
        """A recurrent module and what is taken of all it gives: the output, or the state after the last step."""
        if not module.batch_first:
            raise NotLoaded(
                f"self.{node.target} of {self.owner} has batch_first=False; known are sequences (N, T, F): "
                f"give it batch_first=True"
            )
        if module.num_layers > 1 or module.bidirectional:
            raise NotLoaded(f"self.{node.target} of {self.owner} has several passes; write each as a module of its own")
        self._add(node, module, f"self.{node.target}: {type(module).__name__}", own or type(module).__name__.lower())
        users = [n for n in node.users if n.target is operator.getitem]
        if len(users) != 1 or len(node.users) != 1:
            self._refuse_fork(node, list(node.users))
        taken = users[0]
        if taken.args[1] == 0:
            return taken
        # (h, c)[0][-1] or h[-1], of one layer in one direction: the last step
        path, last = [taken], taken
        while len(last.users) == 1 and len(self.shapes[last]) != 2:
            last = next(iter(last.users))
            path.append(last)
        takes = [n.args[1] for n in path[1:] if n.target is operator.getitem]
        wanted = [[0]] if isinstance(module, nn.LSTM) else [[]]
        if [t for t in takes if t != -1][:1] not in wanted or len(self.shapes[last]) != 2:
            raise NotLoaded(f"what {self.owner}.forward takes of self.{node.target} is not known: out, or h[-1]")
        self._add(last, None, "h[-1]", "last")
        return last

    def _reshape(self, node: fx.Node, before: fx.Node, name: str) -> fx.Node:
        old, new = self.shapes[before], self.shapes[node]
        if old == new:
            return node
        if old[0] == new[0] and len(new) == 2:
            module: nn.Module = nn.Flatten()
        elif old[0] == new[0] and len(old) == 2 and len(new) == 4 and new[1] == 1:
            module = nn.Unflatten(1, new[1:])
        else:
            raise NotLoaded(
                f"{self.owner}.forward makes {new} of {old} by {name}; known are flattening each sample to a row, and "
                f"a row to an image of one channel. {known()}"
            )
        self._add(node, module, f"{name}()", "")
        return node

    def _counterpart(self, kind: type[nn.Module], node: fx.Node) -> nn.Module:
        """The module that does what a function with these arguments does."""
        names = [name for name in inspect.signature(kind).parameters if name not in OF_HOW]
        given = dict(zip(names, node.args[1:], strict=False)) | dict(node.kwargs)
        try:
            return kind(**{k: v for k, v in given.items() if k in names})
        except TypeError as error:
            raise NotLoaded(f"{self.owner}.forward calls {_called(node)}: {error}") from None

    def _add(self, node: fx.Node, module: nn.Module | None, said: str, own: str) -> None:
        if isinstance(module, nn.Dropout) and module.p == 0:
            return
        name = own or self._counted(NAMES.get(type(module), type(module).__name__.lower()))
        base, k = name, 2
        while name in self.names:
            name, k = f"{base}_{k}", k + 1
        self.names.add(name)
        self.calls.append(Call(name, node, module, said))

    def _counted(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def _refuse_fork(self, node: fx.Node, users: Sequence[fx.Node]) -> None:
        names = ", ".join(n.name for n in users) or "nobody"
        raise NotLoaded(
            f"the value {node.name} of {self.owner}.forward is read by {names}; known are modules that are called in "
            f"turn, each of which reads what the one before gave"
        )


def require_known(graph: fx.GraphModule, owner: str) -> None:
    """Refuse a module of another kind than those that are known.

    Raises:
        NotLoaded: There is one; the sentence names it and what is known.
    """
    for node in graph.graph.nodes:
        kind = type(graph.get_submodule(str(node.target))) if node.op == "call_module" else nn.Identity
        if kind not in (*KNOWN, nn.Identity):
            said = f"self.{node.target} of {owner} is a {kind.__name__}"
            raise NotLoaded(f"{said}, which is not known here. {known()}")


def known() -> str:
    """What may stand in a module, in one sentence."""
    return f"Known are {', '.join(kind.__name__ for kind in KNOWN)}, and functions such as F.relu and torch.flatten."


def _asks_shape(node: fx.Node) -> bool:
    """Whether a node only asks for a size."""
    return node.target == "size" or (node.target is getattr and node.args[1] == "shape")


def _called(node: fx.Node) -> str:
    """The name of a function or a method."""
    if node.op == "call_method":
        return str(node.target)
    dispatched = {F.max_pool2d: "max_pool2d", F.adaptive_max_pool2d: "adaptive_max_pool2d"}
    target: Any = node.target
    return dispatched.get(target) or getattr(target, "__name__", str(target))


def _is_last_step(node: fx.Node) -> bool:
    index: Any = node.args[1]
    everything = slice(None)
    return isinstance(index, tuple) and index[:2] == (everything, -1) and all(i in (everything, ...) for i in index[2:])


def _in_training(node: fx.Node) -> bool:
    """Whether a call of ``F.dropout(x, p=0.5, training=True)`` drops anything."""
    return bool(node.args[2] if len(node.args) > 2 else node.kwargs.get("training", True))
