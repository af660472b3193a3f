"""One epoch of the walkthrough's network: nural's `fit`, its matrix products alone, and PyTorch if it is installed.

    python benchmarks/mlp.py [--rounds N]

Each on one thread, interleaved in one run; prints medians of seconds, and medians of the ratios within a round.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import nural
from nural.models.recipes import RECIPES

SIZES = (784, 256, 256, 10)
BATCH = 32


def products(x: np.ndarray) -> None:
    """The eight products of a step, once a step: three forward, three for the weights, two for the inputs."""
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(size, dtype=np.float32) for size in pairwise(SIZES)]
    gradients = [np.empty_like(W) for W in weights]
    values, errors = ([rng.standard_normal((BATCH, size), dtype=np.float32) for size in SIZES] for _ in range(2))
    results = [np.empty_like(value) for value in values]
    for _ in range(len(x) // BATCH):
        for i, W in enumerate(weights):
            np.matmul(values[i], W, out=results[i + 1])
        for i in reversed(range(len(weights))):
            np.matmul(values[i].T, errors[i + 1], out=gradients[i])
            if i:
                np.matmul(errors[i + 1], weights[i].T, out=results[i])


def nural_epoch(x: np.ndarray, y: np.ndarray) -> None:
    recipe = RECIPES["walkthrough"]
    model = recipe.build(np.random.default_rng(0))
    nural.fit(model, x, y, epochs=1, batch_size=BATCH, drop_last=True, optimizer=nural.SGD(0.1))


def torch_epoch(x: np.ndarray, y: np.ndarray) -> None:
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    order = torch.randperm(len(x))
    for batch in order[: len(x) // BATCH * BATCH].split(BATCH):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()
        optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the medians of (default 7)")
    rounds = parser.parse_args().rounds
    (x, y), _, _ = nural.data.load_mnist_datasets()
    contestants: dict[str, Callable[[], None]] = {
        "eight matrix products alone": lambda: products(x),
        "nural fit": lambda: nural_epoch(x, y),
    }
    try:
        import torch
    except ModuleNotFoundError:
        print("PyTorch is not installed: it is left out")
    else:
        torch.set_num_threads(1)
        contestants["PyTorch"] = lambda: torch_epoch(x, y)
        print(f"PyTorch {torch.__version__}")
    libraries = [info for info in threadpool_info() if info["user_api"] == "blas"]
    blas = [f"{info['internal_api']} {info['version']} {info['architecture']}" for info in libraries]
    print(f"NumPy {np.__version__}, {', '.join(blas)}, {platform.processor() or platform.machine()}")
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    with threadpool_limits(limits=1, user_api="blas"):
        for _ in range(rounds):
            for name, run in contestants.items():
                begun = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begun)
    floor, ours = ("eight matrix products alone", "nural fit")
    print(f"{'one epoch of 50,000, batch 32':32}{'median':>9}{'fastest':>9}{'/ products':>12}{'/ nural':>9}")
    for name, times in seconds.items():
        ratios = [
            statistics.median(t / other for t, other in zip(times, seconds[base], strict=True))
            for base in (floor, ours)
        ]
        print(f"{name:32}{statistics.median(times):8.2f}s{min(times):8.2f}s{ratios[0]:12.2f}{ratios[1]:9.2f}")


if __name__ == "__main__":
    main()
