"""What scikit-learn's `MLPClassifier` does by default, with two hidden layers of 256: Adam, batch 200, 5 epochs.

    python benchmarks/adam.py [--rounds N]

Its `alpha`, 1e-4 divided by the batch size, is Adam's weight decay here, which adds the same to the gradients of the
weights (and, here, of the biases).
"""

import warnings
from collections.abc import Callable
from functools import partial

from interleaved import Contestant, Goal, Workload, main
from networks import mlp, mnist

import nural


def ours(threads: int | str) -> Callable[[], object]:
    x, y = mnist()

    def run() -> None:
        optimizer = nural.Adam(0.001, weight_decay=1e-4 / 200)
        nural.fit(mlp(784, 256, 256, 10), x, y, epochs=5, batch_size=200, optimizer=optimizer, threads=threads)

    return run


def theirs(threads: int) -> Callable[[], object]:
    from sklearn.exceptions import ConvergenceWarning  # pyright: ignore[reportMissingImports]
    from sklearn.neural_network import MLPClassifier  # pyright: ignore[reportMissingImports]
    from threadpoolctl import threadpool_limits

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = mnist()

    def run() -> None:
        with threadpool_limits(limits=threads):
            MLPClassifier((256, 256), max_iter=5, random_state=0).fit(x, y)

    return run


WORKLOADS = [
    Workload(
        "Adam, batch 200, 784-256-256-10, 5 epochs of MNIST",
        "s",
        [
            Contestant("nural", "threads auto", partial(ours, "auto")),
            Contestant("nural", "1 thread", partial(ours, 1)),
            Contestant("scikit-learn", "1 thread", partial(theirs, 1)),
            Contestant("scikit-learn", "2 threads", partial(theirs, 2)),
        ],
        [Goal("scikit-learn", 1.7)],
    )
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
