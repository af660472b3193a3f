"""The networks and the data of the benchmarks: nural's and PyTorch's, with the same layers."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import nural
from nural.optimizers import Optimizer


def mnist(samples: int = 50_000, images: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The first training samples: rows of 784 pixels, or images ``(N, 28, 28, 1)``."""
    (x, y), _, _ = nural.data.load_mnist_datasets()
    x, y = x[:samples].copy(), y[:samples].astype(np.int64)
    return (x.reshape(-1, 28, 28, 1) if images else x), y


def mlp(*sizes: int) -> nural.Sequential:
    layers: list[Any] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nural.Linear(size_in, size_out), nural.ReLU()]
    return nural.Sequential(*layers[:-1], rng=np.random.default_rng(0))


def torch_mlp(*sizes: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mnist_example() -> nural.Sequential:
    """The convolutional network of PyTorch's MNIST example."""
    n = nural
    return n.Sequential(
        *(n.Conv2d(1, 32, 3), n.ReLU(), n.Conv2d(32, 64, 3), n.ReLU(), n.MaxPool2d(2), n.Dropout(0.25), n.Flatten()),
        *(n.Linear(9216, 128), n.ReLU(), n.Dropout(0.5), n.Linear(128, 10)),
        rng=np.random.default_rng(0),
    )


def torch_mnist_example() -> Any:
    from torch import nn as n

    return n.Sequential(
        *(n.Conv2d(1, 32, 3), n.ReLU(), n.Conv2d(32, 64, 3), n.ReLU(), n.MaxPool2d(2), n.Dropout(0.25), n.Flatten()),
        *(n.Linear(9216, 128), n.ReLU(), n.Dropout(0.5), n.Linear(128, 10)),
    )


def lenet() -> nural.Sequential:
    """As large as LeNet-5, with ReLU and max pooling."""
    n = nural
    return n.Sequential(
        *(n.Conv2d(1, 6, 5, padding=2), n.ReLU(), n.MaxPool2d(2), n.Conv2d(6, 16, 5), n.ReLU(), n.MaxPool2d(2)),
        *(n.Flatten(), n.Linear(400, 120), n.ReLU(), n.Linear(120, 84), n.ReLU(), n.Linear(84, 10)),
        rng=np.random.default_rng(0),
    )


def torch_lenet() -> Any:
    from torch import nn as n

    return n.Sequential(
        *(n.Conv2d(1, 6, 5, padding=2), n.ReLU(), n.MaxPool2d(2), n.Conv2d(6, 16, 5), n.ReLU(), n.MaxPool2d(2)),
        *(n.Flatten(), n.Linear(400, 120), n.ReLU(), n.Linear(120, 84), n.ReLU(), n.Linear(84, 10)),
    )


def nural_training(
    network: Callable[[], nural.Sequential],
    optimizer: Callable[[], Optimizer],
    batch_size: int,
    samples: int,
    images: bool,
    threads: int | str,
) -> Callable[[], object]:
    """An epoch of `fit`."""
    x, y = mnist(samples, images)
    model = network()

    def epoch() -> None:
        options: Any = {"batch_size": batch_size, "drop_last": True, "threads": threads}
        nural.fit(model, x, y, epochs=1, optimizer=optimizer(), **options)

    return epoch


def torch_training(
    network: Callable[[], Any],
    optimizer: Callable[[Any], Any],
    batch_size: int,
    samples: int,
    images: bool,
    threads: int,
    channels_last: bool = False,
    compiled: bool = False,
) -> Callable[[], object]:
    """An epoch as PyTorch's tuning guide has it: batches picked by index from tensors, gradients set to None."""
    import torch

    torch.set_num_threads(threads)
    x, y = mnist(samples, images)
    inputs, labels = torch.from_numpy(x.transpose(0, 3, 1, 2).copy() if images else x), torch.from_numpy(y)
    model = network()
    if channels_last:
        inputs = inputs.to(memory_format=torch.channels_last)
        model = model.to(memory_format=torch.channels_last)
    update = optimizer(model.parameters())

    def loss_of(batch: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(batch), targets)

    loss: Any = torch.compile(loss_of) if compiled else loss_of

    def epoch() -> None:
        model.train()
        order = torch.randperm(samples)
        for rows in order[: samples // batch_size * batch_size].split(batch_size):
            update.zero_grad()
            loss(inputs[rows], labels[rows]).backward()
            update.step()

    return epoch


def torch_sgd(parameters: Any) -> Any:
    import torch

    return torch.optim.SGD(parameters, lr=0.1, fused=True)
