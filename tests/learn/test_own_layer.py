"""`nural check MODULE:CLASS`: a layer of one's own."""

import pytest
from typer.testing import CliRunner

from nural.cli.app import app

LAYERS = """
import numpy as np
import nural
from nural.initializers import zeros

class MyTanh(nural.Layer):
    def __init__(self):
        super().__init__()
    def forward(self, x, train=False):
        self.saved = np.tanh(x)
        return self.saved
    def backward(self, dy, need_dx=True):
        return 0.5 * dy * (1 - self.saved ** 2)

class Right(MyTanh):
    def backward(self, dy, need_dx=True):
        return 2 * super().backward(dy)

class MyLinear(nural.Layer):
    def __init__(self, n_in, n_out):
        super().__init__(params={"W": ((n_in, n_out), zeros), "b": ((n_out,), zeros)})
    def forward(self, x, train=False):
        self.saved = x
        return x @ self.params["W"] + self.params["b"]
    def backward(self, dy, need_dx=True):
        self.grads["W"][...] = self.saved.T @ dy
        self.grads["b"][...] = dy.mean(axis=0)
        return dy @ self.params["W"].T

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy, dy.mean(axis=0)
        return dy @ self.W.T
"""


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("Right", 0, "dx  "),
        ("MyTanh", 1, "MyTanh: x wrong: look at MyTanh(): its dx is the right one times 0.5 = 1/2."),
        ("MyLinear", 1, "W, x right; b wrong: look at MyLinear(): its db is the right one times 0.2 = 1/5."),
        ("Affine", 1, "db WRONG"),
        ("Nothing", 2, "has no class Nothing; it has MyTanh, Right, MyLinear, Affine"),
    ],
)
def test_a_class_is_checked_and_its_mistake_told(name, code, said, tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(LAYERS)
    result = CliRunner().invoke(app, ["check", f"{path}:{name}"])
    assert result.exit_code == code
    assert said in result.output
