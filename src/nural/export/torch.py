"""PyTorch: a state_dict in a safetensors file, and a short Python file that builds the module."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from nural.export.answers import answers_of
from nural.export.input_shape import sample_shape
from nural.export.names import require_module_name
from nural.export.samples import Samples, samples_for
from nural.export.target import Comparison, ExportError, Options, Target, Written, missing_package
from nural.interop import ConversionError
from nural.interop.torch import filled
from nural.interop.torch_layout import Layout, TorchOrder, first_layout, places
from nural.layer import Layer
from nural.model_file import FORMAT
from nural.overwriting import STATE_DICT, signature, signed

KIND = "PyTorch"
#: The kind of the Python file, by which nural recognises it.
MODULE = "module for PyTorch"
#: The installed packages that `import torch` and `import safetensors.torch` load.
PACKAGES = (
    "torch",
    "torchgen",
    "numpy",
    "safetensors",
    "packaging",
    "typing_extensions",
    "sympy",
    "mpmath",
    "networkx",
)
PACKAGES += ("jinja2", "markupsafe", "filelock", "fsspec")
#: The shapes that PyTorch orders channels-first, as its users write them.
CHANNELS_FIRST = {TorchOrder.IMAGES: "(N, C, H, W)", TorchOrder.CHANNEL_SEQUENCES: "(N, C, L)"}


def make_torch(model: Layer, path: Path, options: Options) -> Written:
    """``NAME.safetensors``, PyTorch's state_dict, and ``NAME.py``, whose ``load()`` gives the module with them.

    The Python file needs PyTorch and safetensors, not nural. Inputs and outputs are in PyTorch's order, channels first.

    Raises:
        ExportError: a layer has no module in PyTorch, Python could not import a file of this name, or PyTorch is
            missing.
    """
    shape = sample_shape(model, path, options.input_shape)
    if importlib.util.find_spec("torch") is None:
        raise missing_package(path, KIND, "PyTorch", "torch")
    if path.suffix == ".py":
        raise ExportError(f"{path}: is where the Python would be; name the file of the weights, as model.safetensors")
    beside = path.with_suffix(".py")
    require_module_name(beside, *PACKAGES)
    from safetensors.numpy import save

    from nural.export.torch_source import source
    from nural.interop.torch_layers import plan_of

    try:
        plan = plan_of(model, first_layout(shape))
        module = filled(plan, model, shape)
        taken, given = _orders(model, shape)
    except ConversionError as error:
        raise ExportError(f"{path}: cannot express the model as {KIND}: {error}") from error
    samples = samples_for(model, shape, path, options)
    answers = answers_of(model, samples.y.shape[1:], path)
    sizes = (shape[-1], *shape[:-1]) if taken in CHANNELS_FIRST else shape
    shown = f"(N, {', '.join(map(str, sizes))})"
    shown = f"{CHANNELS_FIRST[taken]} = {shown}" if taken in CHANNELS_FIRST else shown
    text = source(plan, signature(MODULE), path.name, shown, answers, given in CHANNELS_FIRST)
    arrays = {name: value.contiguous().numpy() for name, value in module.state_dict().items()}
    weights = save(arrays, {"format": "pt", "nural": json.dumps({"kind": STATE_DICT, "format": FORMAT})})
    return Written({path: weights, beside: signed(text)}, shape, _compare(module, samples, taken, given))


def _orders(model: Layer, shape: tuple[int, ...]) -> tuple[TorchOrder, TorchOrder]:
    """PyTorch's order of the input and of the output."""
    inside, end = places(model, first_layout(shape))
    layouts: list[Layout] = [*(place.before for place in inside), end]
    taken = layouts[0].order
    if taken is TorchOrder.PLANE:
        taken = next((layout.order for layout in layouts if layout.order is not TorchOrder.PLANE), taken)
    return taken, end.order


def _compare(module: Any, samples: Samples, taken: TorchOrder, given: TorchOrder) -> Comparison:
    import torch

    x = samples.x
    if taken in CHANNELS_FIRST:
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    module.eval()
    with torch.no_grad():
        found = module(torch.from_numpy(x)).numpy()
    if given in CHANNELS_FIRST:
        found = np.moveaxis(found, 1, -1)
    return samples.compare(found, f"PyTorch {torch.__version__}")


TARGET = Target("torch", KIND, (".safetensors",), STATE_DICT, make_torch, companion=(".py", MODULE))
