"""Fully connected networks of other sizes and batches, plain SGD: nural's `fit` and PyTorch.

python benchmarks/mlp_sizes.py [--rounds N]
"""

from functools import partial

from interleaved import Contestant, Goal, Workload, main
from networks import mlp, nural_training, torch_mlp, torch_sgd, torch_training

import nural


def workload(sizes: tuple[int, ...], batch_size: int, samples: int, goal: float) -> Workload:
    ours = partial(nural_training, partial(mlp, *sizes), nural.SGD, batch_size, samples, False)
    theirs = partial(torch_training, partial(torch_mlp, *sizes), torch_sgd, batch_size, samples, False)
    return Workload(
        f"MLP {'-'.join(map(str, sizes))}, batch {batch_size}, SGD, one epoch of {samples:,}",
        "s",
        [
            Contestant("nural", "threads auto", partial(ours, threads="auto")),
            Contestant("nural", "1 thread", partial(ours, threads=1)),
            Contestant("PyTorch", "1 thread", partial(theirs, threads=1)),
            Contestant("PyTorch", "2 threads", partial(theirs, threads=2)),
        ],
        [Goal("PyTorch", goal)],
    )


WORKLOADS = [
    workload((784, 256, 256, 10), 128, 50_000, 1.3),
    workload((784, 256, 256, 10), 512, 50_000, 1.1),
    workload((784, 1024, 1024, 10), 128, 12_800, 1.1),
    workload((784, 30, 10), 32, 50_000, 2.5),
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
