"""A case run by nural and by PyTorch, from the same numbers."""

from typing import Any

import numpy as np

from nural.cases.case import Case, Values, differentiated, relative_error


def as_type(values: Values, dtype: Any) -> Values:
    """The values with float arrays converted and settings unchanged."""
    is_float = {name: isinstance(v, np.ndarray) and v.dtype.kind == "f" for name, v in values.items()}
    return {name: value.astype(dtype) if is_float[name] else value for name, value in values.items()}


def dy_for(case: Case, values: Values, seed: int = 1) -> np.ndarray:
    """A random ∂L/∂y for a case, of its output's shape and type."""
    y = np.asarray(case.forward(values, None))
    return np.array(np.random.default_rng(seed).uniform(0.5, 1.5, y.shape), y.dtype)


def torch_errors(case: Case, values: Values, dtype: Any) -> dict[str, float]:
    """The relative errors of a case against PyTorch, computed by both in ``dtype``.

    Returns:
        The error of the output under ``y``, those of the gradients under the names of their arguments.
    """
    import torch

    values = as_type(values, dtype)
    names = list(differentiated(values))
    tensors: Values = {n: torch.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v for n, v in values.items()}
    for name in names:
        tensors[name].requires_grad_()
    expected = case.torch(torch, tensors)
    dy = dy_for(case, values)
    y = case.forward(values, None)
    gradients = case.backward(dy, values, y, None)
    expected.backward(torch.from_numpy(dy))
    errors = {"y": relative_error(y, expected.detach().numpy())}
    for name, gradient in zip(names, gradients, strict=True):
        errors[f"d{name}"] = relative_error(gradient, tensors[name].grad.numpy())
    return errors
