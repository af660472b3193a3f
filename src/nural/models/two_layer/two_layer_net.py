"""The two-layer network of the second tutorial, with its gradient computed in both ways."""

import numpy as np
from numpy.typing import ArrayLike

from nural.activations import relu_backward, relu_forward, sigmoid_backward, sigmoid_forward, softmax_forward
from nural.evaluation.metrics import accuracy
from nural.gradients import numerical_gradient
from nural.layers.linear import fc_backward, fc_forward
from nural.losses import cross_entropy_loss

#: The activations to choose from; both backward functions take the output.
ACTIVATIONS = {"relu": (relu_forward, relu_backward), "sigmoid": (sigmoid_forward, sigmoid_backward)}


class TwoLayerNet:
    """x → x W1 + b1 → ReLU → z W2 + b2 → softmax, trained with cross-entropy.

    Attributes:
        params: ``W1`` (input, hidden), ``b1``, ``W2`` (hidden, output), ``b2``, in float64.

    Args:
        input_size: Features of a sample.
        hidden_size: Units of the hidden layer.
        output_size: Classes.
        weight_init_std: Standard deviation of the initial weights; biases begin at zero.
        activation: Of the hidden layer: "relu" or "sigmoid".
        rng: Draws the weights; ``default_rng(0)`` by default.

    Raises:
        ValueError: there is no such activation.

    Source: Saito 2016, Deep Learning from Scratch, chapter 4.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        activation: str = "relu",
        rng: np.random.Generator | None = None,
    ) -> None:
        if activation not in ACTIVATIONS:
            raise ValueError(f"TwoLayerNet: activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
        self.activation = activation
        rng = np.random.default_rng(0) if rng is None else rng
        self.params = {
            "W1": weight_init_std * rng.standard_normal((input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * rng.standard_normal((hidden_size, output_size)),
            "b2": np.zeros(output_size),
        }

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Probabilities ``(N, output)`` of samples ``(N, input)``."""
        return softmax_forward(self._forward(x)[1])

    def loss(self, x: ArrayLike, t: ArrayLike) -> float:
        """Mean cross-entropy in nats; t is integer labels ``(N,)`` or one-hot rows ``(N, output)``, or one of them."""
        y = self._forward(np.atleast_2d(x))[1]
        return cross_entropy_loss(y, t if np.ndim(x) > 1 else np.asarray(t)[np.newaxis])[0]

    def accuracy(self, x: ArrayLike, t: ArrayLike) -> float:
        """Share of samples whose most probable class is the true one."""
        return accuracy(self.predict(x), t)

    def numerical_gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, np.ndarray]:
        """∂L/∂params by central differences: two losses for every weight, so slow, but hard to get wrong."""
        return {name: numerical_gradient(lambda _: self.loss(x, t), W) for name, W in self.params.items()}

    def gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, np.ndarray]:
        """∂L/∂params by backpropagation: one pass forward, one back."""
        z, y = self._forward(x)
        _, dy = cross_entropy_loss(y, t)
        dW2, db2, dz = fc_backward(dy, self.params["W2"], z)
        da = ACTIVATIONS[self.activation][1](dz, z)
        dW1, db1, _ = fc_backward(da, self.params["W1"], x)
        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    def _forward(self, x: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """The hidden layer's output and the logits."""
        a = fc_forward(x, self.params["W1"], self.params["b1"])
        z = ACTIVATIONS[self.activation][0](a)
        return z, fc_forward(z, self.params["W2"], self.params["b2"])
