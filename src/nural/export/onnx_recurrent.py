"""RNN, LSTM and GRU in ONNX, where time comes first and gates have another order."""

from typing import Any

import numpy as np

from nural.export.onnx_nodes import Nodes, Value
from nural.layers.gru import GRU
from nural.layers.lstm import LSTM
from nural.layers.recurrent import Recurrent
from nural.layers.rnn import RNN

#: ONNX's gates by their index in nural: i, o, f, g for i, f, g, o, and z, r, n for r, z, n.
GATES = {RNN: [0], LSTM: [0, 3, 1, 2], GRU: [1, 0, 2]}


def recurrent(nodes: Nodes, layer: Recurrent, value: Value) -> Value:
    """A node for each layer of the stack, between transposes to ``(T, N, F)`` and back."""
    sequence = nodes.add("Transpose", nodes.ours(value).name, perm=[1, 0, 2])
    for i in range(layer.num_layers):
        last = i == layer.num_layers - 1
        kept = 1 if last and not layer.return_sequences else 0
        found = _one_layer(nodes, layer, i, sequence, kept)
        if kept:  # (D, N, H), the last output of each pass
            beside = nodes.add("Transpose", found, perm=[1, 0, 2])
            return Value(nodes.reshaped(beside, [len(layer.runs(i)) * layer.hidden_size]), ())
        beside = nodes.add("Transpose", found, perm=[0, 2, 1, 3])  # (T, D, N, H) to (T, N, D, H)
        sequence = nodes.add("Reshape", beside, nodes.integers("shape", [0, 0, -1]))
    return Value(nodes.add("Transpose", sequence, perm=[1, 0, 2]), ())


def _one_layer(nodes: Nodes, layer: Recurrent, i: int, sequence: str, kept: int) -> str:
    runs = layer.runs(i)
    constants = [
        nodes.constant(f"{theirs}_l{i}", np.stack([_by_gate(layer, f"{ours}_{run}") for run in runs]))
        for theirs, ours in (("W", "W_ih"), ("R", "W_hh"))
    ]
    if layer.bias:
        both = [np.concatenate([_by_gate(layer, f"{name}_{run}") for name in ("b_ih", "b_hh")]) for run in runs]
        constants.append(nodes.constant(f"B_l{i}", np.stack(both)))
    return nodes.add(
        type(layer).__name__,
        sequence,
        *constants,
        outputs=kept + 1,
        keep=kept,
        hidden_size=layer.hidden_size,
        direction="bidirectional" if layer.bidirectional else "forward",
        **_settings(layer, len(runs)),
    )


def _settings(layer: Recurrent, directions: int) -> dict[str, Any]:
    """The attributes that only one of the three operators has."""
    if isinstance(layer, GRU):
        return {"linear_before_reset": 1}  # nural's form, and PyTorch's
    if isinstance(layer, RNN):
        return {"activations": [layer.nonlinearity.capitalize()] * directions}
    return {}


def _by_gate(layer: Recurrent, name: str) -> np.ndarray:
    """An array of nural's, ``(…, G·H)``, in ONNX's layout: ``(G·H, …)`` with the gates in its order."""
    array = layer.params[name].T
    gates = array.reshape(layer.gate_count, layer.hidden_size, *array.shape[1:])
    return gates[GATES[type(layer)]].reshape(array.shape)
