"""The solver ``lbfgs``: SciPy's minimiser of the objective over all samples at once."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from nural.estimator.network import weight_name, weighted
from nural.estimator.objective import Objective, Weighted
from nural.training.interrupt import deferred_interrupt


def minimise(objective: Objective, samples: Weighted, *, tol: float, max_iter: int, max_fun: int, verbose: Any) -> Any:
    """Fill the network with the weights at which L-BFGS ends, and return ``(loss, iterations)``.

    It computes in float64, whatever the network's type, since differences of gradients need it.

    Args:
        objective: The objective over all samples.
        samples: All samples.
        tol: The largest entry of the gradient at which to end.
        max_iter: The most iterations.
        max_fun: The most evaluations of the objective.
        verbose: Whether to print the loss after each iteration.

    Warns:
        ConvergenceWarning: it ended before the gradient reached ``tol``.
        UserWarning: Ctrl-C ended it, after an iteration.

    Source: Liu and Nocedal 1989, On the Limited Memory BFGS Method for Large Scale Optimization.
    """
    from scipy.optimize import minimize

    network = objective.network.astype(np.float64)
    precise = Objective(network, objective.loss, objective.alpha)
    x, t = samples.x.astype(np.float64, copy=False), samples.t
    layers = weighted(network)
    names = [(layer, weight_name(layer)) for layer in layers] + [(layer, "b") for layer in layers]
    iterations = 0

    def flat(kind: str) -> np.ndarray:
        return np.concatenate([getattr(layer, kind)[name].ravel() for layer, name in names])

    def fill(theta: np.ndarray) -> None:
        begin = 0
        for layer, name in names:
            W = layer.params[name]
            W[...] = theta[begin : begin + W.size].reshape(W.shape)
            begin += W.size

    def value_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        fill(theta)
        return precise.gradients(x, t, samples.weight), flat("grads")

    with deferred_interrupt() as interrupted:

        def after_iteration(intermediate_result: Any) -> None:
            nonlocal iterations
            iterations += 1
            if verbose:
                print(f"Iteration {iterations}, loss = {intermediate_result.fun:.8f}")
            if interrupted.is_set():
                raise StopIteration

        options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
        result = minimize(
            value_and_gradient, flat("params"), method="L-BFGS-B", jac=True, options=options, callback=after_iteration
        )
    fill(result.x)
    for name, W in objective.network.params.items():
        W[...] = network.params[name]
    if interrupted.is_set():
        warnings.warn("Training interrupted by user.", stacklevel=2)
    elif result.status != 0:
        sentence = (
            f"lbfgs failed to converge after {result.nit} iteration(s) (status={result.status}): {result.message}"
        )
        warnings.warn(sentence, ConvergenceWarning, stacklevel=2)
    return float(result.fun), min(result.nit, max_iter)
