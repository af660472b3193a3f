"""scikit-learn's own tests of its multilayer perceptrons, run with nural's classes in their place."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network

from nural.estimator import MLPClassifier, MLPRegressor

#: What cannot pass, and why.
PRIVATE = {
    "test_gradient": "calls MLPClassifier._loss_grad_lbfgs with the solver's scratch arrays; see test_objective.py",
}


def exchanged():
    """The tests of scikit-learn's test_mlp.py, under their names; the module's classes are nural's."""
    path = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
    spec = importlib.util.spec_from_file_location("sklearn_test_mlp", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.neural_network, "MLPClassifier", MLPClassifier)
        patch.setattr(sklearn.neural_network, "MLPRegressor", MLPRegressor)
        spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if name.startswith("test_")}


TESTS = exchanged()
globals().update({name: test for name, test in TESTS.items() if name not in PRIVATE})

#: scikit-learn runs its tests without an error for each warning.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def global_random_seed():
    """scikit-learn's conftest gives it; 42 is its default."""
    return 42


def test_what_cannot_pass_is_still_there():
    assert set(PRIVATE) <= set(TESTS)
    assert len(TESTS) - len(PRIVATE) >= 42
