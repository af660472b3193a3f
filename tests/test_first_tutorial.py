"""The first tutorial's program, as a reader would type it, with nural's import lines."""

import numpy as np

from nural.activations import relu_backward, relu_forward
from nural.data import to_categorical
from nural.layers import fc_backward, fc_forward
from nural.losses import cross_entropy_loss


def test_dicts_of_weights_and_bare_functions(mnist):
    train_set, _, test_set = mnist
    train_t = to_categorical(train_set[1])
    rng = np.random.default_rng(0)
    weights, neurons, gradients = {}, {}, {}
    for i, (size_in, size_out) in enumerate([(784, 64), (64, 64), (64, 10)], start=1):
        weights[f"W{i}"] = rng.standard_normal((size_in, size_out)) * np.sqrt(2 / size_in)
        weights[f"b{i}"] = np.zeros(size_out)

    def forward(X):
        neurons["z2"] = fc_forward(X, weights["W1"], weights["b1"])
        neurons["z2_relu"] = relu_forward(neurons["z2"])
        neurons["z3"] = fc_forward(neurons["z2_relu"], weights["W2"], weights["b2"])
        neurons["z3_relu"] = relu_forward(neurons["z3"])
        neurons["y"] = fc_forward(neurons["z3_relu"], weights["W3"], weights["b3"])
        return neurons["y"]

    def backward(X, y_true):
        loss, dy = cross_entropy_loss(neurons["y"], y_true)
        gradients["W3"], gradients["b3"], gradients["z3_relu"] = fc_backward(dy, weights["W3"], neurons["z3_relu"])
        gradients["z3"] = relu_backward(gradients["z3_relu"], neurons["z3"])
        gradients["W2"], gradients["b2"], gradients["z2_relu"] = fc_backward(
            gradients["z3"], weights["W2"], neurons["z2_relu"]
        )
        gradients["z2"] = relu_backward(gradients["z2_relu"], neurons["z2"])
        gradients["W1"], gradients["b1"], _ = fc_backward(gradients["z2"], weights["W1"], X)
        return loss

    losses = []
    for _ in range(400):
        batch = rng.choice(len(train_t), 32)
        X, t = train_set[0][batch], train_t[batch]
        forward(X)
        losses.append(backward(X, t))
        for name in weights:
            weights[name] = weights[name] - 0.1 * gradients[name]
    assert abs(losses[0] - np.log(10)) < 0.5
    assert np.mean(np.argmax(forward(test_set[0]), axis=-1) == test_set[1]) > 0.88
