"""Peak memory of a process that loads MNIST and trains 200 steps: nural's beside PyTorch's.

    python benchmarks/memory.py

The perceptron, 784-256-256-10, has batches of 32 and SGD; the convolutional network is that of PyTorch's MNIST example,
with batches of 64 and Adadelta. The digits, all 70,000, are the same arrays for both, in two forms: as bytes, read from
a file and scaled batch by batch, or as the float32 arrays of nural's loader, which are 220 MB for both. Each training
has a process of its own, whose largest resident set is what the system says (`ru_maxrss`).
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

STEPS, ROUNDS, GOAL = 200, 3, 0.5
SETTINGS = {"perceptron": (32, False), "convolutional network": (64, True)}


def write_bytes(path: str) -> None:
    """All digits as uint8, ``(70000, 784)``, and their labels beside them."""
    import numpy as np

    import nural

    sets = nural.data.load_mnist_datasets()
    np.save(path, np.concatenate([(256 * x).astype(np.uint8) for x, _ in sets]))
    np.save(f"{path}.labels.npy", np.concatenate([y for _, y in sets]))


def digits(path: str) -> tuple[Any, Any, Any]:
    """Pixels, labels, and what else the process keeps: bytes from the file, or without one floats from the loader."""
    import numpy as np

    import nural

    if path:
        return np.load(path), np.load(f"{path}.labels.npy"), None
    (x, y), *others = nural.data.load_mnist_datasets()
    return x, y, others


def train_nural(network: str, path: str) -> None:
    import networks

    import nural

    batch_size, images = SETTINGS[network]
    x, y, _others = digits(path)
    x, y = x[: STEPS * batch_size], y[: STEPS * batch_size]
    x = x.reshape(-1, 28, 28, 1) if images else x
    model = networks.mnist_example() if images else networks.mlp(784, 256, 256, 10)
    optimizer = nural.Adadelta() if images else nural.SGD(0.1)
    source = nural.data.Scaled(x, 1 / 256) if path else x
    nural.fit(model, source, y, epochs=1, batch_size=batch_size, optimizer=optimizer)


def train_torch(network: str, path: str) -> None:
    import networks
    import torch

    batch_size, images = SETTINGS[network]
    x, y, _others = digits(path)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    inputs = inputs.reshape(-1, 1, 28, 28) if images else inputs
    model = networks.torch_mnist_example() if images else networks.torch_mlp(784, 256, 256, 10)
    update = torch.optim.Adadelta(model.parameters()) if images else torch.optim.SGD(model.parameters(), lr=0.1)
    for rows in torch.randperm(STEPS * batch_size).split(batch_size):
        batch = inputs[rows].float().div(256) if path else inputs[rows]
        update.zero_grad()
        torch.nn.functional.cross_entropy(model(batch), labels[rows]).backward()
        update.step()


def peak(who: str, network: str, path: str) -> float:
    """Megabytes of a process of its own."""
    command = [sys.executable, __file__, who, network, path]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def compare(form: str, path: str) -> None:
    """A line for each network."""
    for network in SETTINGS:
        peaks = {who: statistics.median(peak(who, network, path) for _ in range(ROUNDS)) for who in TRAININGS}
        ratio = peaks["nural"] / peaks["PyTorch"]
        megabytes = ", ".join(f"{who} {value:4.0f} MB" for who, value in peaks.items())
        print(
            f"{form}, {network:21}: {megabytes}, ratio {ratio:.2f}, {'met' if ratio <= GOAL else 'missed'}", flush=True
        )


TRAININGS = {"nural": train_nural, "PyTorch": train_torch}


def main() -> None:
    print(
        f"peak memory of {STEPS} steps, median of {ROUNDS} processes; goal: at most {GOAL:g} of PyTorch's", flush=True
    )
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "digits.npy"))
        subprocess.run([sys.executable, __file__, "write", path], check=True)  # this process must stay small itself
        compare("bytes ", path)
        compare("floats", "")


def child(arguments: list[str]) -> None:
    """What a process of its own does."""
    if arguments[0] == "write":
        write_bytes(arguments[1])
        return
    import resource

    who, network, path = arguments
    TRAININGS[who](network, path)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1:])
    else:
        main()
