"""A PyTorch module as a network of parts, and all that it computes on a batch. Imports PyTorch."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import fx, nn

from nural.interop import ConversionError
from nural.interop.torch import from_torch
from nural.interop.torch_arrays import Twin, twins
from nural.interop.torch_layout import Layout, TorchOrder, after, by_channel, by_pixel, first_layout, places
from nural.learn.own_network.answers import RATE, STEPS, Answers, Batch, N, drawn_batch, loss_for
from nural.learn.own_network.network import Network
from nural.learn.own_network.parts import LAST, Part, part_of
from nural.learn.own_network.tracing import RECURRENT, Call, Reading, Recorder, require_known, shapes_of, traced
from nural.learn.running import NotLoaded

LOSSES = {
    "cross_entropy_loss": F.cross_entropy,
    "mean_squared_loss": F.mse_loss,
    "binary_cross_entropy_loss": F.binary_cross_entropy_with_logits,
}


def read_module(
    module: nn.Module, source: str, shape: tuple[int, ...] | None, loss: str | None
) -> tuple[Network, dict[str, np.ndarray], Batch, Answers]:
    """The network of a module, its weights, a batch, and what PyTorch makes of it.

    Args:
        module: The learner's own; it stays as it is.
        source: What it is called: "net.py:Net".
        shape: Of one sample, as the module takes it; by default guessed from its first layer.
        loss: A function of the reference, by default the one that fits its outputs.

    Raises:
        NotLoaded: Something in it is not known here; one sentence names it.
    """
    graph = traced(module)
    require_known(graph, type(module).__name__)
    x, shapes = _input(graph, module, shape)
    calls = Reading(graph, shapes, type(module).__name__).read()
    if not calls:
        raise NotLoaded(f"{source}: forward calls no module and no function")
    if type(calls[-1].module) in (nn.Softmax, nn.Sigmoid) and loss != "mean_squared_loss":
        raise NotLoaded(
            f"{source} ends in {type(calls[-1].module).__name__}, which its loss applies itself: return the logits, "
            "which go into it, or say --loss mean-squared"
        )
    reading = Chain(calls, tuple(x.shape))
    network = Network(source, tuple(reading.parts), loss or loss_for(reading.parts[-1].y_shape, source))
    batch = drawn_batch(network)
    return network, reading.weights, batch, _answers(graph, module, network, reading, batch)


def _input(
    graph: fx.GraphModule, module: nn.Module, shape: tuple[int, ...] | None
) -> tuple[torch.Tensor, dict[fx.Node, tuple[int, ...]]]:
    """A batch of zeros that the module takes, and the shapes of all values."""
    tried = [shape] if shape else list(_guesses(graph))
    refusal: NotLoaded | None = None
    for one in tried:
        x = torch.zeros((N, *one), dtype=torch.float64)
        try:
            return x, shapes_of(graph, x)
        except NotLoaded as error:
            refusal = refusal or error
    what = f"{type(module).__name__}: {refusal}" if refusal else f"{type(module).__name__}: nothing tells its input"
    raise NotLoaded(f"{what}; say the shape of one sample with --input-shape, such as 1,28,28")


def _guesses(graph: fx.GraphModule) -> Iterator[tuple[int, ...]]:
    """What the first module with a size takes."""
    for node in graph.graph.nodes:
        if node.op != "call_module":
            continue
        module: Any = graph.get_submodule(str(node.target))
        if isinstance(module, nn.Conv2d):
            yield from ((module.in_channels, side, side) for side in (28, 32, 224))
        elif isinstance(module, nn.Linear):
            yield (module.in_features,)
        elif type(module) in RECURRENT:
            yield from [(28 if module.input_size == 28 else 7, module.input_size), (1, 28, 28)]
        elif isinstance(module, nn.BatchNorm1d):
            yield (module.num_features,)
        else:
            continue
        return


@dataclass(frozen=True)
class Place:
    """Where a part's arrays are in PyTorch.

    Attributes:
        call: The call that gives its value.
        layout: How PyTorch orders that value.
        twins: Its arrays and PyTorch's.
    """

    call: Call
    layout: Layout
    twins: tuple[Twin, ...] = ()


class Chain:
    """The parts of a module's calls, with their arrays in nural's layouts.

    Attributes:
        parts: In order.
        weights: By name.
        places: Where each part is in PyTorch.
        before: How PyTorch orders x.
    """

    def __init__(self, calls: list[Call], x_shape: tuple[int, ...]) -> None:
        shape = x_shape[1:]
        ours = (*shape[1:], shape[0]) if len(shape) == 3 else shape
        self.before = first_layout(ours)
        self.parts: list[Part] = []
        self.places: dict[str, Place] = {}
        self.weights: dict[str, np.ndarray] = {}
        kept = [call for call in calls if call.module is not None]
        try:
            model = from_torch(nn.Sequential(*(_alone(call) for call in kept)), input_shape=ours).astype(np.float64)
            arrays = twins(model, ours)
            found, _ = places(model, self.before)
        except ConversionError as error:
            raise NotLoaded(_with_names(str(error), kept)) from None
        x, name = np.zeros((x_shape[0], *ours)), "x"
        by_call = {id(call): place for call, place in zip(kept, found, strict=True)}
        for call in calls:
            if id(call) not in by_call:
                part = replace(self.parts[-1], name=call.name, said=call.said, pair=LAST, reads=name, saved=())
                shape = part.y_shape
                part = replace(part, x_shape=shape, y_shape=(shape[0], shape[2]), weights=(), settings={})
                self.parts.append(part)
                self.places[call.name] = Place(call, Layout(TorchOrder.ROWS))
                x, name = x[:, -1], call.name
                continue
            place = by_call[id(call)]
            y = place.layer.forward(x).copy()
            part = part_of(call.name, call.said, name, place.layer, x.shape, y.shape)
            self._keep(part, call, place, arrays.get(place.path, []))
            self.parts.append(part)
            x, name = y, call.name

    def _keep(self, part: Part, call: Call, place: Any, arrays: list[Twin]) -> None:
        self.places[part.name] = Place(call, after(place.layer, place.before, place.path), tuple(arrays))
        for short, full in zip(part.weights, place.layer.params, strict=True):
            self.weights[f"{part.name}.{short}"] = np.array(place.layer.params[full], np.float64)
        if part.running is not None:
            for ours, theirs in (("mean", "running_mean"), ("variance", "running_var")):
                self.weights[f"{part.name}.running_{ours}"] = np.array(place.layer.state[theirs], np.float64)


def _alone(call: Call) -> nn.Module:
    """The module so that another can follow it in a Sequential."""
    module: Any = call.module
    if type(module) not in RECURRENT:
        return module
    settings = {name: getattr(module, name) for name in ("input_size", "hidden_size", "bias", "dropout")}
    if isinstance(module, nn.RNN):
        settings["nonlinearity"] = module.nonlinearity
    twin = RECURRENT[type(module)](**settings, batch_first=True, dtype=torch.float64)
    twin.load_state_dict(module.state_dict())
    return twin


def _with_names(sentence: str, calls: list[Call]) -> str:
    """An error's sentence with what the learner's module calls a layer."""
    for i, call in enumerate(calls):
        sentence = sentence.replace(f"layer {i},", f"{call.said},").replace(f"module {i} ", f"{call.said} ")
    return sentence


def to_ours(values: np.ndarray, layout: Layout) -> np.ndarray:
    """An array of a batch as nural orders it."""
    if layout.order in (TorchOrder.IMAGES, TorchOrder.CHANNELS) and values.ndim == 4:
        return values.transpose(0, 2, 3, 1)
    if layout.order is TorchOrder.CHANNEL_SEQUENCES:
        return values.swapaxes(1, 2)
    if layout.order is TorchOrder.FLATTENED:
        return by_pixel(values.T, layout.channels or 1).T
    return values


def to_theirs(values: np.ndarray, layout: Layout) -> np.ndarray:
    """What `to_ours` takes back to PyTorch's order."""
    if layout.order in (TorchOrder.IMAGES, TorchOrder.CHANNELS) and values.ndim == 4:
        return values.transpose(0, 3, 1, 2)
    if layout.order is TorchOrder.CHANNEL_SEQUENCES:
        return values.swapaxes(1, 2)
    if layout.order is TorchOrder.FLATTENED:
        return by_channel(values.T, layout.channels or 1).T
    return values


def _answers(graph: fx.GraphModule, module: nn.Module, network: Network, chain: Chain, batch: Batch) -> Answers:
    """What PyTorch makes of the batch: every value and gradient, the prediction, and the losses of some steps."""
    x = _tensor(to_theirs(batch.values["x"], chain.before)).requires_grad_()
    t = torch.from_numpy(batch.t)
    masks = {
        place.call.node: _tensor(to_theirs(batch.values[f"{name}.mask"], place.layout))
        for name, place in chain.places.items()
        if f"{name}.mask" in batch.values
    }
    evaluated = copy.deepcopy(module).double().cpu().eval()
    with torch.no_grad():
        prediction, again = evaluated(x).numpy(), evaluated(x).numpy()
    if not np.array_equal(prediction, again):
        raise NotLoaded(
            f"{network.source} gives something else each time, after eval() too: F.dropout needs training=self.training"
        )
    optimizer = torch.optim.SGD(graph.parameters(), RATE)
    losses: list[float] = []
    first: Answers | None = None
    for _ in range(STEPS):
        optimizer.zero_grad()
        x.grad = None
        recorder = Recorder(graph, masks)
        loss = LOSSES[network.loss](recorder.run(x), t)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        first = first or _recorded(recorder, x, network, chain)
    assert first
    last = chain.places[network.output].layout
    return replace(first, prediction=to_ours(prediction, last), losses=np.array(losses))


def _recorded(recorder: Recorder, x: torch.Tensor, network: Network, chain: Chain) -> Answers:
    assert x.grad is not None
    values = {"x": to_ours(x.detach().numpy(), chain.before)}
    gradients = {"x": to_ours(x.grad.numpy(), chain.before)}
    after_step: dict[str, np.ndarray] = {}
    for part in network.parts:
        place = chain.places[part.name]
        value: Any = recorder.kept[place.call.node]
        values[part.name] = to_ours(value.detach().numpy(), place.layout)
        if value.grad is not None:
            gradients[part.name] = to_ours(value.grad.numpy(), place.layout)
        module: Any = place.call.module
        own = {twin.ours.rpartition(".")[2].removesuffix("_l0"): twin for twin in place.twins}
        for short in part.weights:
            array: Any = getattr(module, own[short].theirs)
            gradients[f"{part.name}.{short}"] = own[short].to_ours(array.grad.numpy()).copy()
            after_step[f"{part.name}.{short}"] = own[short].to_ours(array.detach().numpy()).copy()
        if part.running is not None:
            for ours, theirs in (("mean", "running_mean"), ("variance", "running_var")):
                array = getattr(module, theirs)
                after_step[f"{part.name}.running_{ours}"] = own[theirs].to_ours(array.numpy()).copy()
    for part in network.parts:  # a sequence of which PyTorch was asked for the last state has no gradient of its own
        if part.pair == LAST:
            gradients[part.reads] = np.zeros(part.x_shape)
            gradients[part.reads][:, -1] = gradients[part.name]
    return Answers(
        {name: np.ascontiguousarray(array) for name, array in values.items()},
        {name: np.ascontiguousarray(array) for name, array in gradients.items()},
        after_step,
    )


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C"))  # a copy: its strides are what PyTorch expects of new arrays
