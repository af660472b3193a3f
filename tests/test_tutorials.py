"""The programs of the two tutorials, whole and as text: nothing but their import lines is changed."""

import ast
import gzip
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nural
from nural.models.two_layer.one_hot_label import change_one_hot_label

SHARED = Path(__file__).parents[2] / "shared"
COPIES = Path(__file__).parent / "tutorials"

#: What an import line of a tutorial begins with, and what it begins with here. The class of the second calls two of its
#: modules' functions by their bare names.
IMPORTS = {
    "from nn.layers import": "from nural.layers import",
    "from nn.activations import": "from nural.activations import",
    "from nn.losses import": "from nural.losses import",
    "from nn.load_mnist import": "from nural.data import",
    "from nn.utils import": "from nural.data import",
    "from tf.keras.datasets import mnist": "from nural.data import load_mnist_datasets",
    "import Activation_Function as af": "import nural.models.two_layer.activation_function as af",
    "import Gradient_Calculating as gc": "import nural.models.two_layer.gradient_calculating as gc\n"
    "from nural.models.two_layer.gradient_calculating import numerical_gradient",
    "import Loss_Function as lf": "import nural.models.two_layer.loss_function as lf\n"
    "from nural.models.two_layer.loss_function import cross_entropy_error",
}


def text_of(copy, of_the_original):
    """The tutorial itself, which is the file that holds these words, or its copy where it is not at hand."""
    originals = [text for path in SHARED.glob("seeds/*.txt") if of_the_original in (text := path.read_text())]
    return originals[0] if originals else (COPIES / copy).read_text()


def with_imports(code):
    for line, here in IMPORTS.items():
        code = re.sub(rf"^{re.escape(line)}", here, code, flags=re.M)
    return code


def bare_functions():
    """The first tutorial's program."""
    text = text_of("bare_functions.md", "from nn.layers import")
    return with_imports("\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S)))


def two_layer_net(activation):
    """The second tutorial's code, but for its last cell, which loads MNIST with torchvision.

    Its sigmoid is there as the alternative, in comments.
    """
    text = text_of("two_layer_net.txt", "class TwoLayerNet:")
    cells = re.findall(r"^In \[[^]]*\]:\s*\n(.*?)(?=^In \[|^#+ |\Z)", text, flags=re.M | re.S)
    code = with_imports("\n".join(cell for cell in cells if "datasets.MNIST" not in cell))
    if activation == "sigmoid":
        code = re.sub(r"^.*\baf\.relu.*\n", "", code, flags=re.M)
        code = re.sub(r"# ?(d?z1 = .*af\.sigmoid)", r"\1", code)
    program = dict[str, Any]()
    np.random.seed(0)  # which it draws its weights with
    exec(compile(ast.parse(code), "two_layer_net", "exec"), program)
    return program


@pytest.fixture
def folder(tmp_path):
    """A folder with mnist.pkl.gz in it: the file that the tutorial names or, where it is not at hand, one like it."""
    if (SHARED / "data" / "mnist.pkl.gz").exists():
        return SHARED / "data"
    sets = nural.data.load_mnist_datasets()
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(pickle.dumps(sets), compresslevel=1))
    return tmp_path


def test_the_first_from_its_first_line_to_its_last(folder, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import numpy; numpy.random.seed(0)\n" + bare_functions())
    run = [sys.executable, "-W", "ignore:FigureCanvasAgg", program]
    done = subprocess.run(run, cwd=folder, env=os.environ | {"MPLBACKEND": "Agg"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.startswith("x.shape:(16, 784),y.shape:(16, 10)\n\n epoch:0 step:0 ; loss:2.30258")
    test, validation = re.findall(r"final result test_acc:(.*);  val_acc:(.*)", said)[0]
    assert min(float(test), float(validation)) > 0.92  # after 3 epochs, in the first of which it learns nothing
    assert said.endswith("y_true:1,y_predict:1\n")


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_second_computes_what_the_class_computes(activation, rng):
    program = two_layer_net(activation)
    theirs = program["TwoLayerNet"](8, 5, 10, 0.5)
    ours = nural.TwoLayerNet(8, 5, 10, activation=activation)
    ours.params = {name: W.copy() for name, W in theirs.params.items()}
    x, labels = rng.standard_normal((6, 8)), rng.integers(0, 10, 6)
    t = program["_change_one_hot_label"](labels)
    np.testing.assert_array_equal(t, change_one_hot_label(labels))
    np.testing.assert_allclose(theirs.predict(x), ours.predict(x), rtol=1e-14)
    assert theirs.loss(x, t) == pytest.approx(ours.loss(x, t), rel=1e-14)
    assert theirs.accuracy(x, t) == ours.accuracy(x, t)
    exact = ours.gradient(x, t)
    for found, tolerance in ((theirs.gradient(x, t), 1e-15), (theirs.numerical_gradient(x, t), 1e-9)):
        assert found.keys() == exact.keys()
        for name in exact:
            np.testing.assert_allclose(found[name], exact[name], rtol=0, atol=tolerance)


@pytest.mark.parametrize(("activation", "least"), [("relu", 0.85), ("sigmoid", 0.55)])
def test_the_second_learns_mnist_as_the_class_does(activation, least, mnist, rng):
    (x, labels), _, (x_test, labels_test) = mnist
    program = two_layer_net(activation)
    theirs, ours = program["TwoLayerNet"](784, 50, 10), nural.TwoLayerNet(784, 50, 10, activation=activation)
    ours.params = {name: W.copy() for name, W in theirs.params.items()}
    for _ in range(400):
        batch = rng.choice(len(x), 100)
        t = program["_change_one_hot_label"](labels[batch])
        for net in (theirs, ours):
            gradients = net.gradient(x[batch], t)
            for name in net.params:
                net.params[name] -= 0.1 * gradients[name]
    t = program["_change_one_hot_label"](labels_test)
    assert theirs.loss(x_test, t) == pytest.approx(ours.loss(x_test, t), rel=1e-12)
    assert theirs.accuracy(x_test, t) == ours.accuracy(x_test, labels_test) > least
