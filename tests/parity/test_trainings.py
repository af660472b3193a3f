"""Whole trainings beside PyTorch's: the same weights, batches and dropout masks, 200 steps in float64."""

import numpy as np
import pytest
from torch_twins import channels_first, use_masks_of

import nural
from nural import schedules
from nural.interop.torch import from_torch, to_torch
from nural.layers.adaptive_pooling import GlobalAvgPool2d
from nural.layers.convolution import Conv2d

pytestmark = pytest.mark.parity

STEPS = 200


def train_both(model, module, x, y, batch_size, optimizer, their_optimizer, schedule=None, scheduler=None):
    """The losses of both, step by step; ``x`` in nural's order."""
    import torch

    batches = np.random.default_rng(0).permutation(len(x))[: STEPS * batch_size].reshape(STEPS, batch_size)
    module.train()
    losses = []
    for step, chosen in enumerate(batches):
        inputs, labels = x[chosen].astype(np.float64), y[chosen]
        if schedule is not None:
            optimizer.learning_rate = schedule(step)
        loss, dy = nural.cross_entropy_loss(model.forward(inputs, train=True), labels)
        model.backward(dy, need_dx=False)
        optimizer.update(model.params, model.grads)
        use_masks_of(model, module)
        their_optimizer.zero_grad()
        tensor = torch.from_numpy(channels_first(inputs) if inputs.ndim == 4 else inputs)
        their_loss = torch.nn.functional.cross_entropy(module(tensor), torch.from_numpy(labels))
        their_loss.backward()
        their_optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append((loss, their_loss.item()))
    return np.transpose(losses)


def assert_equal_trainings(losses, below):
    """Within 1e-8 all the way, and something was learned."""
    ours, theirs = losses
    assert len(ours) == STEPS
    assert np.abs(ours - theirs).max() < 1e-8
    assert ours[-20:].mean() < below


@pytest.fixture(scope="module")
def images(mnist):
    (x, y), _, _ = mnist
    return x.reshape(-1, 28, 28, 1), y


def test_mnist_example(images):
    """The network and the training of pytorch/examples, `mnist/main.py`, with batches of 8 and the decay in 200 steps.

    Its last layer, `log_softmax` with `nll_loss`, is the cross-entropy of the logits.
    """
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 32, 3, 1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    ).double()
    model = from_torch(module)
    their_optimizer = torch.optim.Adadelta(module.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(their_optimizer, step_size=50, gamma=0.7)
    schedule = schedules.step_decay(1.0, step_size=50, gamma=0.7)
    optimizers = nural.Adadelta(learning_rate=1.0), their_optimizer
    x, y = images
    assert_equal_trainings(train_both(model, module, x, y, 8, *optimizers, schedule, scheduler), below=0.7)


def residual_network():
    def block(channels_in, channels_out, stride):
        branch = nural.Sequential(
            Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False),
            nural.BatchNorm2d(channels_out),
            nural.ReLU(),
            Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nural.BatchNorm2d(channels_out),
        )
        projection = nural.Sequential(
            Conv2d(channels_in, channels_out, 1, stride, bias=False), nural.BatchNorm2d(channels_out)
        )
        return nural.Residual(branch, None if stride == 1 else projection)

    return nural.Sequential(
        Conv2d(1, 8, 3, padding=1, bias=False),
        nural.BatchNorm2d(8),
        nural.ReLU(),
        block(8, 8, 1),
        nural.ReLU(),
        block(8, 16, 2),
        nural.ReLU(),
        GlobalAvgPool2d(),
        nural.Linear(16, 10),
    ).astype(np.float64)


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_residual_network(name, images):
    """Two residual blocks with batch norm, images of 14 × 14; the running statistics agree too."""
    import torch

    x, y = images
    x = x[:, ::2, ::2]
    model = residual_network()
    module = to_torch(model)
    if name == "SGD":
        optimizer = nural.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
        theirs = torch.optim.SGD(module.parameters(), 0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    else:
        optimizer = nural.AdamW(0.01, weight_decay=0.1)
        theirs = torch.optim.AdamW(module.parameters(), 0.01, weight_decay=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, STEPS)
    schedule = schedules.cosine(optimizer.learning_rate, STEPS)
    assert_equal_trainings(train_both(model, module, x, y, 16, optimizer, theirs, schedule, scheduler), below=1.0)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(channels_first(x[:50]).astype(np.float64))).numpy()
    assert np.abs(model.forward(x[:50].astype(np.float64)) - expected).max() < 1e-7


@pytest.mark.parametrize("kind", [nural.LSTM, nural.GRU])
def test_digit_read_row_by_row(kind, images):
    import torch

    x, y = images
    x = x[:, ::2, ::2, 0]
    model = nural.Sequential(kind(14, 24, return_sequences=False), nural.Linear(24, 10)).astype(np.float64)
    module = to_torch(model)
    optimizers = nural.Adam(0.01), torch.optim.Adam(module.parameters(), 0.01)
    assert_equal_trainings(train_both(model, module, x, y, 16, *optimizers), below=1.5)
