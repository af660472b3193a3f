"""PyTorch's own table of module samples, `module_db`, through each layer and loss that both have.

Each sample gives the arguments of a module's constructor and the input of its forward pass. The module is built,
converted by `from_torch`, and both take the same input: outputs, gradients of input and parameters, and running
statistics are compared, in training and in evaluation.

Samples without a batch dimension run as they are where the formula does not ask for a batch (elementwise functions,
`Linear`). nural's images, sequences and losses always have one: there the sample is refused with a sentence, and then
run as a batch of one.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from torch_twins import assert_equal_passes, channels_last, error_between, images_last, same

import nural
from nural.cases import relative_error
from nural.interop import ConversionError
from nural.interop.torch import from_torch
from nural.interop.torch_arrays import twins

pytestmark = pytest.mark.parity

ELEMENTWISE = ["ELU", "GELU", "Hardtanh", "LeakyReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus"]
ELEMENTWISE += ["Softsign", "Tanh"]
IMAGES = ["Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "BatchNorm2d"]
RECURRENT = ["RNN", "LSTM", "GRU"]
OTHERS = ["BatchNorm1d", "GroupNorm", "LayerNorm", "Linear", "LogSoftmax", "PReLU", "Softmax"]

#: Samples that nural refuses, by module and description: how its sentence goes, and why it is so.
REFUSED = {
    ("BatchNorm1d", "zero_batch"): "empty",  # an empty batch is an error everywhere in nural
    ("BatchNorm2d", "zero_batch"): "empty",
    ("LayerNorm", "1d_empty_elementwise_affine"): "empty",
    ("MaxPool2d", "return_indices"): "return_indices=True",  # only unpooling needs them, which nural lacks
    ("Softmax", "scalar"): "no dimension",  # one number has none to sum over
    ("LogSoftmax", "multiparam_scalar"): "no dimension",
}


def samples(name: str, dtype: str, training: bool) -> Iterator[tuple[str, Any, list[Any]]]:
    """(description, module, arguments of its forward pass as arrays) for each sample of a module."""
    import torch
    from torch.testing._internal.common_modules import module_db

    torch.manual_seed(0)
    info = next(info for info in module_db if info.module_cls.__name__ == name)
    found = info.module_inputs_func(
        info, device="cpu", dtype=getattr(torch, dtype), requires_grad=True, training=training
    )
    for sample in found:
        module = info.module_cls(*sample.constructor_input.args, **sample.constructor_input.kwargs)
        arguments = (*sample.forward_input.args, *sample.forward_input.kwargs.values())
        arrays = [
            tuple(part.detach().numpy() for part in a) if isinstance(a, tuple) else a.detach().numpy()
            for a in arguments
        ]
        yield sample.desc, module.to(getattr(torch, dtype)), arrays


def refusal(name, desc, module):
    """How the sentence goes, if the sample is one to refuse."""
    if getattr(module, "proj_size", 0):
        return "proj_size=2; nural has only proj_size=0"  # a projection of h that few networks use
    return REFUSED.get((name, desc))


def least_scale(dtype):
    """Errors of float32 are relative to 1, the size of dy, where a gradient is smaller.

    Some samples saturate: there tanh is 1 but for its last bits, and so is what they leave of 1 − tanh².
    """
    return 1.0 if dtype == "float32" else 0.0


def layout(name, module):
    if name in ("BatchNorm1d", "GroupNorm") or (name == "PReLU" and module.num_parameters > 1):
        return lambda array: channels_last(array) if np.ndim(array) > 2 else same(array)
    return images_last


each_type = pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)], ids=["float64", "float32"]
)
each_mode = pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
quiet = pytest.mark.filterwarnings("ignore")  # importing the table warns


@quiet
def test_no_module_is_left_out():
    from torch.testing._internal.common_modules import module_db

    from nural.interop.torch_table import TABLE

    both = {info.module_cls.__name__ for info in module_db if info.module_cls in TABLE}
    assert both == {*ELEMENTWISE, *IMAGES, *RECURRENT, *OTHERS}


@quiet
@each_type
@each_mode
@pytest.mark.parametrize("name", [*ELEMENTWISE, *IMAGES, *OTHERS])
def test_layers(name, train, dtype, tolerance):
    count = 0
    for desc, module, (x,) in samples(name, dtype, train):
        count += 1
        to_ours = layout(name, module)
        if message := refusal(name, desc, module):
            with pytest.raises(ValueError, match=message):
                from_torch(module).forward(to_ours(x), train)
            continue
        if name in IMAGES and x.ndim == 3:
            with pytest.raises(ValueError, match=r"\(N, H, W, C\).*got"):
                from_torch(module).forward(np.moveaxis(x, 0, -1), train)
            x = x[None]
        how = {"train": train, "to_ours": to_ours, "least_scale": least_scale(dtype)}
        model = from_torch(module, input_shape=to_ours(x).shape[1:])
        assert_equal_passes(module, model, x, tolerance, **how)
    assert count


@quiet
@each_type
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name, dtype, tolerance):
    import torch

    compared = 0
    for desc, module, (x, *initial) in samples(name, dtype, True):
        if message := refusal(name, desc, module):
            with pytest.raises(ConversionError, match=message):
                from_torch(module)
            continue
        compared += 1
        model: Any = from_torch(module)
        with pytest.raises(ValueError, match=rf"{name} takes \(N, T, 2\); got shape"):
            model.forward(x)
        assert x.ndim == 2
        initial = [tuple(part[:, None] for part in a) if isinstance(a, tuple) else a[:, None] for a in initial]
        y = model.forward(x[None], True, *initial)
        module.batch_first = True
        tensor: Any = torch.from_numpy(x[None].copy()).requires_grad_()
        states = [
            tuple(torch.from_numpy(part) for part in a) if isinstance(a, tuple) else torch.from_numpy(a)
            for a in initial
        ]
        expected, expected_states = module(tensor, *states)
        assert relative_error(y, expected.detach().numpy()) < tolerance
        ours, theirs = model.final_states(), expected_states
        for state, expected_state in zip(ours, theirs, strict=True) if name == "LSTM" else [(ours, theirs)]:
            assert relative_error(state, expected_state.detach().numpy()) < tolerance
        dy = np.random.default_rng(0).uniform(-1, 1, y.shape).astype(dtype)
        expected.backward(torch.from_numpy(dy))
        assert relative_error(model.backward(dy), tensor.grad.numpy()) < tolerance
        for twin in twins(model, None)[""]:
            gradient = twin.to_ours(module.get_parameter(twin.theirs).grad.numpy())
            assert error_between(model.grads[twin.ours], gradient, least_scale(dtype)) < tolerance, twin.theirs
    assert compared


def cross_entropy(module, y, t):
    weight = None if module.weight is None else module.weight.numpy()
    loss = functools.partial(nural.cross_entropy_loss, weight=weight, label_smoothing=module.label_smoothing)
    if t.dtype.kind == "f":
        return loss(channels_last(y), channels_last(t))
    return loss(channels_last(y), t, ignore_index=module.ignore_index)


def binary_cross_entropy(module, y, t):
    factors = {name: getattr(module, name) for name in ("weight", "pos_weight")}
    return nural.binary_cross_entropy_loss(
        y, t, **{name: None if value is None else value.numpy() for name, value in factors.items()}
    )


def smooth_l1(module, y, t):
    loss, dy = nural.huber_loss(y, t, delta=module.beta)
    return loss / module.beta, dy / module.beta


LOSSES = {
    "CrossEntropyLoss": cross_entropy,
    "BCEWithLogitsLoss": binary_cross_entropy,
    "MSELoss": lambda module, y, t: nural.mean_squared_loss(y, t),
    "L1Loss": lambda module, y, t: nural.mean_absolute_loss(y, t),
    "HuberLoss": lambda module, y, t: nural.huber_loss(y, t, delta=module.delta),
    "SmoothL1Loss": smooth_l1,
}


@quiet
@each_type
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, dtype, tolerance):
    """The mean, which is all that nural has; samples of "sum" and "none" are left out."""
    import torch

    compared = 0
    for _, module, (y, t) in samples(name, dtype, True):
        if module.reduction != "mean":
            continue
        if name == "CrossEntropyLoss" and y.ndim == 1:
            with pytest.raises(ValueError, match=r"expected outputs \(N, …, C\)"):
                nural.cross_entropy_loss(y, t)
            y, t = y[None], t[None]
        compared += 1
        tensor: Any = torch.from_numpy(np.array(y)).requires_grad_()
        expected = module(tensor, torch.from_numpy(np.array(t)))
        expected.backward()
        if np.isnan(expected.item()):  # 0 / 0: every label is ignored
            loss, dy = LOSSES[name](module, y, t)
            assert loss == 0
            assert not dy.any()
            continue
        loss, dy = LOSSES[name](module, y, t)
        gradient = tensor.grad.numpy()
        assert relative_error(loss, expected.item()) < tolerance
        assert relative_error(dy, channels_last(gradient) if name == "CrossEntropyLoss" else gradient) < tolerance
    assert compared
