"""PyTorch: a state_dict in a safetensors file, and beside it the few lines of Python that build the module."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from nural.atomic_file import write_atomically
from nural.export.samples import Samples, sample_shape, samples_for
from nural.export.target import ExportError, Options, Target, Written, missing_package
from nural.interop import ConversionError
from nural.interop.torch import filled
from nural.interop.torch_layout import Layout, Order, first_layout, places
from nural.layer import Layer

KIND = "PyTorch"
#: What PyTorch has channels-first, as its users know it.
CHANNELS_FIRST = {Order.IMAGES: "(N, C, H, W)", Order.CHANNEL_SEQUENCES: "(N, C, L)"}


def write_torch(model: Layer, path: Path, options: Options) -> Written:
    """Write ``NAME.safetensors``, PyTorch's state_dict, and ``NAME.py``, whose ``load()`` gives the module with it.

    The Python file needs PyTorch and safetensors, not nural. Inputs and outputs are in PyTorch's order, channels first.

    Raises:
        ExportError: a layer has no module in PyTorch, or PyTorch is missing.
        OSError: a file cannot be written.
    """
    if importlib.util.find_spec("torch") is None:
        raise missing_package(path, KIND, "PyTorch", "torch")
    if path.suffix == ".py":
        raise ExportError(f"{path}: is where the Python would be; name the file of the weights, as model.safetensors")
    shape = sample_shape(model, path, options.input_shape)
    from safetensors.numpy import save

    from nural.export.torch_source import source
    from nural.interop.torch_layers import plan_of

    try:
        plan, _ = plan_of(model, first_layout(shape))
        module = filled(plan, model, shape)
        taken, given = _orders(model, shape)
    except ConversionError as error:
        raise ExportError(f"{path}: cannot express the model as {KIND}: {error}") from error
    samples = samples_for(model, shape)
    difference, compared = _compare(module, samples, taken, given)
    beside = path.with_suffix(".py")
    sizes = (shape[-1], *shape[:-1]) if taken in CHANNELS_FIRST else shape
    shown = f"(N, {', '.join(map(str, sizes))})"
    text = source(plan, path.name, f"{CHANNELS_FIRST[taken]} = {shown}" if taken in CHANNELS_FIRST else shown)
    arrays = {name: value.contiguous().numpy() for name, value in module.state_dict().items()}
    write_atomically(path, save(arrays, {"format": "pt"}))
    write_atomically(beside, text.encode())
    return Written((path, beside), difference, compared)


def _orders(model: Layer, shape: tuple[int, ...]) -> tuple[Order, Order]:
    """How PyTorch orders the input and the output."""
    inside, end = places(model, first_layout(shape))
    layouts: list[Layout] = [*(place.before for place in inside), end]
    taken = layouts[0].order
    if taken is Order.PLANE:
        taken = next((layout.order for layout in layouts if layout.order is not Order.PLANE), taken)
    return taken, end.order


def _compare(module: Any, samples: Samples, taken: Order, given: Order) -> tuple[float, str]:
    import torch

    x, y = samples.x, samples.y
    if taken in CHANNELS_FIRST:
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    module.eval()
    with torch.no_grad():
        found = module(torch.from_numpy(x)).numpy()
    if given in CHANNELS_FIRST:
        found = np.moveaxis(found, 1, -1)
    return float(np.abs(found - y).max()), f"on {samples.what}, by PyTorch {torch.__version__}"


TARGET = Target("torch", KIND, (".safetensors",), write_torch, frozenset({"input_shape"}))
