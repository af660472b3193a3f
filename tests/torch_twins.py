"""A PyTorch module and a model of nural's side by side: the same input, the same error back, and what comes out."""

import numpy as np

from nural.cases import relative_error
from nural.interop.torch_arrays import twins
from nural.interop.torch_layout import TorchOrder, by_channel, first_layout, places
from nural.layers.dropout import Dropout


def channels_last(array):
    """(N, C, …) as (N, …, C)."""
    return np.ascontiguousarray(np.moveaxis(np.asarray(array), 1, -1))


def channels_first(array):
    return np.ascontiguousarray(np.moveaxis(np.asarray(array), -1, 1))


def same(array):
    return np.asarray(array)


def images_last(array):
    """What has four dimensions is a batch of images; the rest is the same in both."""
    return channels_last(array) if np.ndim(array) == 4 else np.asarray(array)


def error_between(ours, theirs, least_scale):
    """`relative_error`, but relative to at least ``least_scale``, if it is not zero."""
    if not least_scale:
        return relative_error(ours, theirs)
    return float(np.abs(ours - theirs).max(initial=0.0) / max(np.abs(theirs).max(initial=0.0), least_scale))


def use_masks_of(model, module, input_shape=None):
    """Each Dropout of the module leaves out what nural's left out in its last forward pass."""
    import torch

    dropouts = [m for m in module.modules() if isinstance(m, torch.nn.Dropout)]
    ours = [place for place in places(model, first_layout(input_shape))[0] if isinstance(place.layer, Dropout)]
    for theirs, (_, layer, before) in zip(dropouts, ours, strict=True):

        def forward(x, layer=layer, before=before):
            if layer.saved is None:
                return x
            mask = channels_first(layer.saved) if layer.saved.ndim == 4 else layer.saved
            if before.order is TorchOrder.FLATTENED and before.channels is not None:
                mask = by_channel(mask.T, before.channels).T
            return x * torch.from_numpy(np.array(mask))

        setattr(theirs, "forward", forward)  # noqa: B010  (its type has other names)


def assert_equal_passes(
    module, model, x, tolerance, *, train=True, to_ours=images_last, input_shape=None, least_scale=0.0
):
    """Outputs, the gradients of the input and of every parameter, and running statistics.

    Args:
        module: PyTorch's.
        model: Nural's, with arrays of the same names.
        x: The input, in PyTorch's order.
        tolerance: For relative errors.
        train: The mode of both.
        to_ours: Brings inputs and outputs into nural's order.
        input_shape: See `nural.interop.torch.from_torch`.
        least_scale: Errors are relative to an array's largest entry, but at least to this.
    """
    import torch

    def close(ours, theirs):
        return error_between(ours, theirs, least_scale) < tolerance

    module.train(train)
    module.zero_grad()
    y = model.forward(to_ours(x), train).copy()
    use_masks_of(model, module, input_shape)
    tensor = torch.from_numpy(np.array(x)).requires_grad_()
    output = module(tensor)
    output = output[0] if isinstance(output, tuple) else output
    assert close(y, to_ours(output.detach().numpy()))
    dy = np.random.default_rng(1).uniform(-1, 1, tuple(output.shape)).astype(x.dtype)
    output.backward(torch.from_numpy(np.array(dy)))
    dx = model.backward(to_ours(dy))
    assert tensor.grad is not None
    assert close(dx, to_ours(tensor.grad.numpy()))
    theirs = dict(module.named_parameters()) | dict(module.named_buffers())
    for path, found in twins(model, input_shape).items():
        for twin in found:
            name = f"{path}.{twin.theirs}" if path else twin.theirs
            is_learned = twin.ours in model.params
            value = theirs[name].grad if is_learned else theirs[name]
            expected = twin.to_ours(value.detach().numpy())
            assert close(model.grads[twin.ours] if is_learned else twin.array, expected), name
