"""One epoch of 50,000 digits through 784-256-256-10, batch 32, plain SGD: nural's `fit`, PyTorch, JAX, products alone.

    python benchmarks/mlp.py [--rounds N]

PyTorch's compiled loss was compiled before; JAX runs the whole epoch as one jitted `lax.scan` that picks the batches
inside. The products are the eight of each step on arrays that stay where they are, with one BLAS thread.
"""

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from interleaved import Contestant, Goal, TimeGoal, Workload, main
from networks import mlp, mnist, nural_training, torch_mlp, torch_sgd, torch_training
from threadpoolctl import threadpool_limits

import nural

SIZES = (784, 256, 256, 10)
BATCH = 32
SAMPLES = 50_000


def products() -> Callable[[], object]:
    """The eight products of a step, once a step: three forward, three for the weights, two for the inputs."""
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(size, dtype=np.float32) for size in pairwise(SIZES)]
    gradients = [np.empty_like(W) for W in weights]
    values, errors = ([rng.standard_normal((BATCH, size), dtype=np.float32) for size in SIZES] for _ in range(2))
    results = [np.empty_like(value) for value in values]

    def epoch() -> None:
        with threadpool_limits(limits=1, user_api="blas"):
            for _ in range(SAMPLES // BATCH):
                for i, W in enumerate(weights):
                    np.matmul(values[i], W, out=results[i + 1])
                for i in reversed(range(len(weights))):
                    np.matmul(values[i].T, errors[i + 1], out=gradients[i])
                    if i:
                        np.matmul(errors[i + 1], weights[i].T, out=results[i])

    return epoch


def jax_epoch(threads: int) -> Callable[[], object]:
    """Shuffling, gathering, loss, gradients and updates of an epoch in one call."""
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax  # pyright: ignore[reportMissingImports]
    import jax.numpy as jnp  # pyright: ignore[reportMissingImports]

    x, y = (jnp.asarray(array) for array in mnist(SAMPLES))
    rng = np.random.default_rng(0)
    params: Any = [
        (jnp.asarray(rng.standard_normal((a, b), np.float32) * np.sqrt(2 / a, dtype=np.float32)), jnp.zeros(b))
        for a, b in pairwise(SIZES)
    ]

    def loss(params: Any, x: Any, y: Any) -> Any:
        *hidden, (W, b) = params
        for V, c in hidden:
            x = jax.nn.relu(x @ V + c)
        return -jnp.take_along_axis(jax.nn.log_softmax(x @ W + b), y[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=0)
    def epoch(params: Any, key: Any, x: Any, y: Any) -> Any:
        def step(params: Any, rows: Any) -> Any:
            value, grads = jax.value_and_grad(loss)(params, x[rows], y[rows])
            return jax.tree.map(lambda W, g: W - 0.1 * g, params, grads), value

        order = jax.random.permutation(key, SAMPLES)[: SAMPLES // BATCH * BATCH]
        return jax.lax.scan(step, params, order.reshape(-1, BATCH))

    key = jax.random.key(0)

    def run() -> None:
        nonlocal params, key
        key, now = jax.random.split(key)
        params, losses = epoch(params, now, x, y)
        losses.block_until_ready()

    return run


OURS = partial(nural_training, partial(mlp, *SIZES), nural.SGD, BATCH, SAMPLES, False)
TORCH = partial(torch_training, partial(torch_mlp, *SIZES), torch_sgd, BATCH, SAMPLES, False)

WORKLOADS = [
    Workload(
        "MLP 784-256-256-10, batch 32, SGD, one epoch of 50,000",
        "s",
        [
            Contestant("nural", "threads auto", partial(OURS, threads="auto")),
            Contestant("nural", "1 thread", partial(OURS, threads=1)),
            Contestant("eight matrix products alone", "1 thread", products),
            Contestant("PyTorch eager", "1 thread", partial(TORCH, threads=1)),
            Contestant("PyTorch eager", "2 threads", partial(TORCH, threads=2)),
            Contestant("torch.compile", "1 thread", partial(TORCH, threads=1, compiled=True)),
            Contestant("torch.compile", "2 threads", partial(TORCH, threads=2, compiled=True)),
            Contestant("JAX", "1 thread", partial(jax_epoch, 1)),
            Contestant("JAX", "its own threads", partial(jax_epoch, 2)),
        ],
        [
            Goal("PyTorch eager", 2.0),
            Goal("torch.compile", 2.0),
            Goal("JAX", 1.0),
            TimeGoal("eight matrix products alone", 1.25, judged="1 thread"),
        ],
    )
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
