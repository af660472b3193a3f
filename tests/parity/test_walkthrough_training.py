"""The walkthrough's network learns exactly as PyTorch's modules do, from the same weights and batches."""

import numpy as np
import pytest

from nural import SGD, Linear, ReLU, Sequential, cross_entropy_loss
from nural.data import Batches
from nural.initializers import normal

pytestmark = pytest.mark.parity


@pytest.mark.parametrize("std", [1e-3, 0.05], ids=["plateau", "learning"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)], ids=["float64", "float32"])
def test_500_losses(dtype, tolerance, std, mnist):
    import torch

    sizes = [(784, 256), (256, 256), (256, 10)]
    layers = [Linear(*size, initializer=normal(std), dtype=dtype) for size in sizes]
    model = Sequential(layers[0], ReLU(), layers[1], ReLU(), layers[2], rng=np.random.default_rng(0))
    twins = [torch.nn.Linear(*size, dtype=getattr(torch, np.dtype(dtype).name)) for size in sizes]
    twin = torch.nn.Sequential(twins[0], torch.nn.ReLU(), twins[1], torch.nn.ReLU(), twins[2])
    with torch.no_grad():
        for ours, theirs in zip(layers, twins, strict=True):
            theirs.weight.copy_(torch.from_numpy(ours.params["W"].T))
            theirs.bias.copy_(torch.from_numpy(ours.params["b"]))
    optimizer = SGD(learning_rate=0.1)
    their_optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    (x, y), _, _ = mnist
    losses = []
    batches = Batches(x, y, 32, dtype=dtype).epoch(np.random.default_rng(0))
    for _, (inputs, labels) in zip(range(500), batches, strict=False):
        loss, dy = cross_entropy_loss(model.forward(inputs, train=True), labels)
        model.backward(dy, need_dx=False)
        optimizer.update(model.params, model.grads)
        their_optimizer.zero_grad()
        their_loss = torch.nn.functional.cross_entropy(twin(torch.from_numpy(inputs)), torch.from_numpy(labels))
        their_loss.backward()
        their_optimizer.step()
        losses.append((loss, their_loss.item()))
    ours, theirs = np.transpose(losses)
    assert len(ours) == 500
    assert np.abs(ours - theirs).max() < tolerance
    assert std < 0.01 or ours[-50:].mean() < 0.5
