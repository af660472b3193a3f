"""Training steps of convolutional networks at batch 64: nural's `fit` and PyTorch, channels-last or not.

    python benchmarks/cnn.py [--rounds N]

The network of PyTorch's MNIST example with Adadelta, and one as large as LeNet-5 with plain SGD.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from interleaved import Contestant, Goal, Workload, main
from networks import lenet, mnist_example, nural_training, torch_lenet, torch_mnist_example, torch_sgd, torch_training

import nural

BATCH = 64


def torch_adadelta(parameters: Any) -> Any:
    import torch

    return torch.optim.Adadelta(parameters, lr=1.0)


def workload(
    name: str,
    networks: tuple[Callable[[], Any], Callable[[], Any]],
    optimizers: tuple[Callable[[], Any], Callable[[Any], Any]],
    steps: int,
    goal: float,
) -> Workload:
    ours, theirs = (
        partial(training, network, optimizer, BATCH, steps * BATCH, True)
        for training, network, optimizer in zip((nural_training, torch_training), networks, optimizers, strict=True)
    )
    contestants = [
        Contestant("nural", "threads auto", partial(ours, threads="auto"), calls=steps),
        Contestant("nural", "1 thread", partial(ours, threads=1), calls=steps),
    ]
    for threads in (1, 2):
        for channels_last in (False, True):
            how = f"{'channels last' if channels_last else 'channels first'}, {threads} thread{'s'[: threads - 1]}"
            prepare = partial(theirs, threads=threads, channels_last=channels_last)
            contestants.append(Contestant("PyTorch", how, prepare, calls=steps))
    return Workload(name, "ms", contestants, [Goal("PyTorch", goal)])


WORKLOADS = [
    workload(
        "CNN of PyTorch's MNIST example, batch 64, Adadelta, training step",
        (mnist_example, torch_mnist_example),
        (nural.Adadelta, torch_adadelta),
        steps=40,
        goal=1.2,
    ),
    workload(
        "LeNet-size CNN, batch 64, SGD, training step",
        (lenet, torch_lenet),
        (nural.SGD, torch_sgd),
        steps=200,
        goal=1.5,
    ),
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
