"""Where the learner's functions come from, how they run, and what is said of them."""

import json
import subprocess
import sys
import types

import numpy as np
import pytest
from typer.testing import CliRunner

import nural
from nural.cli.learn import learn
from nural.learn import FUNCTIONS, NotLoaded, check, check_file, running
from nural.learn.functions import KINDS
from nural.learn.mistakes import MISTAKES
from nural.learn.mistakes.explanations import EXPLANATIONS
from nural.learn.mistakes.mistake import pieces_with


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def fc_backward(dy, W, x):
    return x.T @ dy, dy.mean(axis=0), dy @ W.T


def test_a_verdict_says_what_is_right_and_what_is_wrong():
    verdict = check(fc_backward)
    assert not verdict
    assert verdict.results == {"dW": "right", "db": "wrong", "dx": "right"}
    assert verdict.mistake == "bias-averaged"
    assert "divided by N = 2" in verdict.message
    np.testing.assert_allclose(verdict.example.right, 2 * verdict.example.yours)
    assert verdict.as_json() == {
        "function": "fc_backward",
        "right": False,
        "results": verdict.results,
        "mistake": "bias-averaged",
        "message": verdict.message,
    }


def test_a_right_function_is_true_and_says_what_it_equals():
    verdict = check(lambda x: np.maximum(x, 0), like="relu_forward")
    assert verdict
    assert verdict.cases == 8
    assert "equal to torch.nn.functional.relu on 8 cases" in str(verdict)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if hasattr(nural.reference, name)])
def test_the_reference_is_right(name):
    verdict = check(getattr(nural.reference, name))
    assert verdict, verdict
    assert not verdict.notes


def test_every_mistake_is_explained_and_its_words_stand_in_the_reference():
    assert {m.name for m in MISTAKES} <= EXPLANATIONS.keys()
    assert [m for m in MISTAKES if pieces_with(m) is None] == []
    pieces = {piece for kind in KINDS.values() for piece in kind.pieces}
    assert {m.piece for m in MISTAKES} <= pieces


def test_a_module_has_many_verdicts():
    module = types.ModuleType("mine")
    exec(
        "import numpy as np\ndef relu_forward(x): return np.maximum(x, 0)\ndef tanh_forward(x): return x", vars(module)
    )
    verdicts = check(module)
    assert [(v.function, bool(v)) for v in verdicts] == [("relu_forward", True), ("tanh_forward", False)]
    assert not verdicts
    assert "tanh_forward" in verdicts._repr_html_()
    assert "<table" in verdicts._repr_html_()


@pytest.mark.parametrize("forks", [True, False])
def test_an_endless_loop_ends_with_a_sentence(written, monkeypatch, forks):
    monkeypatch.setattr(running, "FORKS", forks and running.FORKS)
    loop = "def relu_forward(x):\n    while True: pass\n\n"
    path = written(loop + "import numpy\ndef tanh_forward(x):\n    return numpy.tanh(x)\n")
    verdicts = check_file(path, seconds=0.5)
    assert "is still running after 0.5 s" in verdicts[0].message
    assert verdicts[1]


@pytest.mark.parametrize("forks", [True, False])
def test_what_it_prints_warns_and_seeds_is_harmless(written, monkeypatch, forks, capsys):
    monkeypatch.setattr(running, "FORKS", forks and running.FORKS)
    path = written(
        "import numpy as np, warnings\n"
        "def relu_forward(x):\n    np.random.seed(0)\n    print('here')\n    warnings.warn('careful')\n"
        "    return np.maximum(x, 0)\n"
    )
    np.random.seed(3)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    (verdict,) = check_file(path)
    assert verdict
    assert verdict.notes[0].startswith("it prints: here")
    assert "NumPy warns: careful" in verdict.notes
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()
    assert capsys.readouterr().out == ""


def test_exceptions_are_told_with_the_learners_own_line(written):
    (verdict,) = check_file(written("def fc_forward(x, W, b):\n    return x.dot(W) + c\n"))
    assert "line 2, `return x.dot(W) + c`: NameError: name 'c' is not defined" in verdict.message
    (verdict,) = check_file(written("import sys\ndef fc_forward(x, W, b):\n    sys.exit(1)\n"))
    assert not verdict
    assert "SystemExit" in verdict.message
    (verdict,) = check_file(written("def fc_forward(x):\n    return x\n"))
    assert verdict.message == "takes (x), and is called with (x, W, b), in this order"
    (verdict,) = check_file(written("import os\ndef fc_forward(x, W, b):\n    os._exit(3)\n"))
    assert "Python itself stopped" in verdict.message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def fc_forward(x, W, b)\n    return x", "mine.py, line 1, `def fc_forward(x, W, b)`: expected ':'"),
        (
            "import nothing_of_this_name",
            "cannot be imported: line 1, `import nothing_of_this_name`: ModuleNotFoundError",
        ),
        ("def mine(x): return x", "no function has a name that the checker knows: here are mine"),
        ("while True: pass", "put what trains beneath"),
    ],
)
def test_a_file_that_cannot_be_run_is_told_in_one_sentence(written, text, sentence):
    with pytest.raises(NotLoaded) as error:
        check_file(written(text), seconds=0.5)
    assert sentence in str(error.value)


def test_other_names_are_given_with_like(written):
    path = written("import numpy as np\ndef mine(x): return np.maximum(x, 0)\ndef other(x): return x\n")
    assert check_file(path, like="mine=relu_forward")
    with pytest.raises(NotLoaded, match="say which function is meant, as --like NAME=relu_forward"):
        check_file(path, like="relu_forward")
    with pytest.raises(NotLoaded, match="knows no function relu_forwards; near it are relu_forward"):
        check(np.sin, like="relu_forwards")


def test_what_is_imported_from_numpy_is_no_function_of_the_file(written):
    path = written("from numpy import einsum as es, maximum\n\ndef mine(x):\n    return maximum(x, 0)\n")
    (verdict,) = check_file(path, like="relu_forward")
    assert (verdict.function, bool(verdict)) == ("mine", True)


def test_files_beside_it_and_packages_are_imported(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "__init__.py").write_text("")
    (tmp_path / "net" / "tools.py").write_text("import numpy as np\ndef positive(x): return np.maximum(x, 0)\n")
    (tmp_path / "net" / "layers.py").write_text(
        "from .tools import positive\ndef relu_forward(x): return positive(x)\n"
    )
    assert check_file(tmp_path / "net" / "layers.py")


def test_a_notebooks_definitions_are_judged_and_nothing_else_of_it_is_run(written):
    cells = ["%matplotlib inline\nimport numpy as np", "def relu_forward(x):\n    return np.maximum(x, 0)", "1 / 0"]
    notebook = {"cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]}
    assert check_file(written(json.dumps(notebook), "mine.ipynb"))


def test_the_loss_of_the_file_decides_whether_layers_may_divide(written):
    layer = "def fc_backward(dy, W, x):\n    n = len(x)\n    return x.T @ dy / n, dy.sum(0) / n, dy @ W.T\n"
    loss = (
        "import numpy as np\ndef cross_entropy_loss(y, t):\n    z = y - y.max(1, keepdims=True)\n"
        "    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)\n    return -(t * np.log(p)).sum() / len(y), p - t\n"
    )
    assert check_file(written(layer))[0].mistake == "batch-mean-twice"
    assert check_file(written(loss))[0].mistake == "batch-mean-missing"
    both = check_file(written(loss + layer))
    assert both
    assert "a convention of its own" in both[0].message
    (_, wrong) = check_file(written(loss + layer.replace("dy.sum(0) / n", "dy")))
    assert wrong.mistake == "bias-not-summed"


def test_the_command_prints_one_object_a_function(written):
    path = written(
        "import numpy as np\ndef relu_forward(x): return np.maximum(x, 0)\ndef relu_backward(dy, x): return dy\n"
    )
    result = CliRunner().invoke(learn, ["check", str(path), "--json"])
    right, wrong = (json.loads(line) for line in result.output.splitlines())
    assert result.exit_code == 1
    assert right == {
        "function": "relu_forward",
        "right": True,
        "results": {"y": "right"},
        "mistake": None,
        "message": "",
    }
    assert wrong["mistake"] == "gate-at-zero"
    assert CliRunner().invoke(learn, ["check", str(path.with_name("none.py"))]).exit_code == 2


def test_the_command_loads_nothing_that_it_does_not_need(written):
    path = written("def relu_forward(x): return x\n")
    script = (
        "import sys; from nural.cli.learn import learn\n"
        f"try: learn(['check', {str(path)!r}, '--json'])\nexcept SystemExit: pass\n"
        "print(*{name.split('.')[0] for name in sys.modules} & {'torch', 'pandas', 'sklearn', 'scipy', 'matplotlib'})"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == ""


def test_results_that_are_left_out_are_missing(written):
    path = written(
        "import numpy as np\n"
        "def fc_backward(dy, W, x): return x.T @ dy, dy.sum(0)\n"
        "def relu_backward(dy, x): dy * (x > 0)\n"
        "def batch_norm_backward(dy, gamma, x, mean, variance, eps=1e-5): return dy.sum(0), dy.sum(0)\n"
    )
    verdicts = {verdict.function: verdict for verdict in check_file(path)}
    assert verdicts["fc_backward"].results == {"dW": "right", "db": "right", "dx": "missing"}
    assert [v.results["dx"] for v in verdicts.values()] == ["missing"] * 3


def test_what_is_right_tells_that_one_hot_rows_are_meant(written):
    path = written(
        "import numpy as np\n"
        "def cross_entropy_loss(y, t):\n"
        "    p = np.exp(y - y.max(1, keepdims=True))\n"
        "    p /= p.sum(1, keepdims=True)\n"
        "    return -np.mean(t * np.log(p + 1e-300)), (p - t) / len(y)\n"
    )
    (verdict,) = check_file(path)
    assert (verdict.results, verdict.mistake) == ({"loss": "wrong", "dy": "right"}, None)


@pytest.mark.parametrize(
    ("loop", "note"),
    [
        ("for n, t in np.ndindex(idx.shape): dW[idx[n, t]] += dy[n, t]", "it takes sequences of indices (N, T)"),
        ("for n in range(len(idx)): dW[idx[n]] += dy[n]", "it takes one row of indices (N,)"),
    ],
)
def test_an_embedding_may_take_a_row_or_sequences(written, loop, note):
    (verdict,) = check_file(
        written(
            "import numpy as np\n"
            "def embedding_backward(dy, W, idx):\n"
            f"    dW = np.zeros_like(W)\n    {loop}\n    return dW\n"
        )
    )
    assert verdict
    assert verdict.notes[0].startswith(note)
