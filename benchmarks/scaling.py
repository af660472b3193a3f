"""Several MPI ranks: what a step costs on this machine, and what a model of it says of larger ones.

    python benchmarks/scaling.py            # measures, then prints the tables of docs/scaling.md
    python benchmarks/scaling.py --rounds 5    # by default 3; the least time of all rounds counts

Needs mpiexec and mpi4py: pip install 'nural[mpi]' mpich
"""

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nural
from nural.optimizers import Optimizer
from nural.parallel.threads import cores

CLASSES = 10
SECONDS = 0.4  # of a measurement


@dataclass(frozen=True)
class Network:
    """One of the networks, and what a step of it costs one rank: ``fixed + per_row * rows`` seconds."""

    name: str
    rows: int  # a rank's, where the batch grows with the ranks
    batch: int  # of all ranks, where it does not
    weights: int
    fixed: float = 0.0
    per_row: float = 0.0
    loss_per_row: float = 0.0


@dataclass(frozen=True)
class Link:
    """What joins two ranks."""

    name: str
    latency: float  # seconds a message
    bandwidth: float  # bytes a second


LINKS = [Link("10 Gbit/s", 20e-6, 10e9 / 8), Link("100 Gbit/s", 3e-6, 100e9 / 8)]


def step_seconds(network: Network, link: Link, ranks: int, rows: float, at_once: float = math.inf) -> float:
    """The model: seconds of a step in which each of so many ranks has so many rows.

    - Forward, backward and update: fixed + per_row · rows, times ranks / at_once where ranks share cores.
    - The loss of the other ranks' rows, which every rank computes too.
    - The outputs of all to all: log2 p messages one after another, and (p − 1) / p of the outputs' bytes.
    - The sum of the gradients by reduce-scatter and all-gather: 2 log2 p messages, and 2 (p − 1) / p of their bytes.

    Nothing is taken to be hidden behind the backward pass.
    """
    p = ranks
    compute = network.fixed + network.per_row * rows + network.loss_per_row * rows * (p - 1)
    hops, part = math.log2(p), (p - 1) / p
    outputs = hops * link.latency + part * 4 * CLASSES * rows * p / link.bandwidth
    gradients = 2 * hops * link.latency + 2 * part * 4 * network.weights / link.bandwidth
    return compute * max(1.0, p / at_once) + outputs + gradients


def build(name: str) -> tuple[nural.Sequential, Optimizer, tuple[int, ...]]:
    """The network, its optimizer, and the shape of a sample."""
    if name == "MLP":
        sizes = nural.Linear(784, 256), nural.ReLU(), nural.Linear(256, 256), nural.ReLU(), nural.Linear(256, CLASSES)
        return nural.Sequential(*sizes), nural.SGD(0.1), (784,)
    model = nural.Sequential(
        nural.Conv2d(1, 32, 3),
        nural.ReLU(),
        nural.Conv2d(32, 64, 3),
        nural.ReLU(),
        nural.MaxPool2d(2),
        nural.Dropout(0.25),
        nural.Flatten(),
        nural.Linear(9216, 128),
        nural.ReLU(),
        nural.Dropout(0.5),
        nural.Linear(128, CLASSES),
    )
    return model, nural.Adadelta(), (28, 28, 1)


class Clock(nural.Callback):
    """Notes when each step ended; ends the training after a while."""

    def __init__(self):
        self.times = []

    def on_step(self, model, progress):
        self.times.append(time.perf_counter())
        return self.times[-1] - self.times[0] > SECONDS and len(self.times) > 6


def measured_step(name: str, batch: int, communicator=None) -> float:
    """The median seconds of a step of `nural.fit`."""
    model, optimizer, shape = build(name)
    rng = np.random.default_rng(0)
    n = max(batch, 1024)
    x, y = rng.random((n, *shape), np.float32), rng.integers(0, CLASSES, n)
    clock = Clock()
    nural.fit(
        model, x, y, epochs=10**6, batch_size=batch, drop_last=True, optimizer=optimizer,
        threads=1, callbacks=[clock], communicator=communicator,
    )  # fmt: skip
    return statistics.median(np.diff(clock.times[2:]))


def measured_link(communicator, size: int) -> Link:
    """Latency and bandwidth between these ranks, from sums of one number and of ``size`` numbers."""
    from mpi4py import MPI

    def seconds(array: np.ndarray) -> float:
        times = []
        for _ in range(30):
            communicator.Barrier()
            begun = time.perf_counter()
            communicator.Allreduce(MPI.IN_PLACE, array)
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    p = communicator.Get_size()
    small, large = seconds(np.zeros(1, np.float32)), seconds(np.zeros(size, np.float32))
    return Link("here", small / (2 * math.log2(p)), 2 * (p - 1) / p * 4 * size / (large - small))


def on_ranks(count: int, **asked) -> dict:
    """What this file prints when it runs on so many ranks."""
    beside = Path(sys.executable).with_name("mpiexec")
    launcher = str(beside) if beside.exists() else shutil.which("mpiexec")
    if launcher is None:
        sys.exit("there is no mpiexec: pip install mpich mpi4py")
    command = [launcher, "-n", str(count), sys.executable, __file__, "--on-ranks", json.dumps(asked)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)
    return json.loads(result.stdout)


def as_rank(asked: dict) -> None:
    """Measure as one of several ranks; the first prints."""
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    link = measured_link(world, asked["weights"])
    seconds = [measured_step(asked["network"], batch, world) for batch in asked["batches"]]
    if world.Get_rank() == 0:
        print(json.dumps({"latency": link.latency, "bandwidth": link.bandwidth, "seconds": seconds}))


def calibrated(network: Network, rounds: int) -> Network:
    """The network with what its steps cost one rank here: a line through the times of four batch sizes."""
    batches = [2, network.rows // 2, network.rows, 4 * network.rows]
    times = np.min([[measured_step(network.name, batch) for batch in batches] for _ in range(rounds)], axis=0)
    weight = 1 / times  # so that small and large ones count alike
    lines = np.stack([np.ones(len(batches)), batches], axis=1)
    (fixed, per_row), *_ = np.linalg.lstsq(lines * weight[:, None], np.ones(len(batches)), rcond=None)
    shown = ", ".join(f"{batch}: {1e3 * t:.2f}" for batch, t in zip(batches, times, strict=True))
    line = f"{1e3 * fixed:.2f} + {1e3 * per_row:.4f} rows"
    print(f"{network.name}: one rank, milliseconds a step by rows: {shown}; {line}")
    y, t = np.random.default_rng(0).standard_normal((4096, CLASSES), np.float32), np.arange(4096) % CLASSES
    begun = time.perf_counter()
    for _ in range(20):
        nural.cross_entropy_loss(y, t)
    loss = (time.perf_counter() - begun) / 20 / len(y)
    return Network(network.name, network.rows, network.batch, network.weights, max(fixed, 0.0), per_row, loss)


def compare(network: Network, rounds: int) -> None:
    """Measured and predicted steps of 2 and 4 ranks here: the batch grows with the ranks, or is 8 times a rank's.

    The efficiency is that of the cores: the time one rank alone needs for all rows, over cores and measured time.
    """
    alone = step_seconds(network, LINKS[0], 1, network.rows)
    print(f"| {network.name} | ranks | rows a rank | measured ms | predicted ms | predicted / measured | efficiency |")
    print("|---|---|---|---|---|---|---|")
    for count in (2, 4):
        weak, strong = network.rows * count, 8 * network.rows
        asked = {"network": network.name, "batches": [weak, strong], "weights": network.weights}
        found = [on_ranks(count, **asked) for _ in range(rounds)]
        link = Link("here", min(one["latency"] for one in found), max(one["bandwidth"] for one in found))
        least = [min(times) for times in zip(*(one["seconds"] for one in found), strict=True)]
        for batch, measured in zip((weak, strong), least, strict=True):
            rows = batch // count
            predicted = step_seconds(network, link, count, rows, cores())
            whole = alone * count if batch == weak else step_seconds(network, link, 1, batch)
            print(
                f"| | {count} | {rows} | {1e3 * measured:.2f} | {1e3 * predicted:.2f} | {predicted / measured:.2f} "
                f"| {whole / min(count, cores()) / measured:.0%} |"
            )
        print(f"| | | | | between ranks: {1e6 * link.latency:.1f} µs, {link.bandwidth / 1e9:.1f} GB/s | | |")


def predict(networks: list[Network]) -> None:
    """The efficiency of many ranks, each with a core and a link of its own."""
    many = (16, 256, 4096)
    print("| network | link | scaling | " + " | ".join(f"{count:,} ranks" for count in many) + " |")
    print("|---|---|---|" + "---|" * len(many))
    for network in networks:
        for link in LINKS:
            one = step_seconds(network, link, 1, network.rows)
            weak = [one / step_seconds(network, link, count, network.rows) for count in many]
            whole = step_seconds(network, link, 1, network.batch)
            strong = [whole / count / step_seconds(network, link, count, network.batch / count) for count in many]
            for kind, efficiency in (
                (f"weak, {network.rows} rows a rank", weak),
                (f"strong, batch {network.batch}", strong),
            ):
                print(f"| {network.name} | {link.name} | {kind} | " + " | ".join(f"{e:.0%}" for e in efficiency) + " |")


def main() -> None:
    """Measure, compare, predict."""
    parser = argparse.ArgumentParser(description="Several MPI ranks, measured and predicted")
    parser.add_argument("--rounds", type=int, default=3, help="the least time of all rounds counts")
    parser.add_argument("--on-ranks", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.on_ranks:
        as_rank(json.loads(options.on_ranks))
        return
    print(f"{cores()} cores, NumPy {np.__version__}, one BLAS thread a rank\n")
    networks = []
    for name, rows, batch in (("MLP", 32, 8192), ("CNN", 64, 8192)):
        model, _, _ = build(name)
        weights = sum(math.prod(shape) for shape in model.all_shapes().values())
        networks.append(calibrated(Network(name, rows, batch, weights), options.rounds))
    for network in networks:
        print()
        compare(network, options.rounds)
    print()
    predict(networks)


if __name__ == "__main__":
    main()
