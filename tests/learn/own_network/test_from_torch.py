"""A learner's own PyTorch module as an exercise: its skeleton, its solution, and mistakes named where they are."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nural.cli.app import app
from nural.learn.own_network.checking import check_own
from nural.learn.own_network.folder import start_from
from nural.learn.own_network.training import OwnTraining
from nural.learn.running import NotLoaded
from nural.learn.tracks.folder import Started, opened

pytestmark = pytest.mark.parity
NETS = Path(__file__).with_name("nets.py")
SHAPES = {"GatedUnits": (7, 3), "images": (3, 13, 11)}
LOSSES = {"GatedUnits": "binary_cross_entropy_loss", "units": "mean_squared_loss"}
NAMES = "DNN", "LeNet", "MLP", "RowByRow", "LastState", "GatedUnits", "plain", "units", "images", "frozen"


def started(name, folder, **settings):
    return start_from(f"{NETS}:{name}", folder, shape=SHAPES.get(name), loss=LOSSES.get(name), **settings)


def begun(folder: Path) -> Started:
    found = opened(folder)
    assert found
    return found


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The solved folder of each network, written once."""
    place, written = tmp_path_factory.mktemp("solved"), {}

    def folder(name):
        if name not in written:
            written[name] = started(name, place / name, solved=True).folder
        return written[name]

    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right(solved, name):
    folder = begun(solved(name))
    verdicts, errors = check_own(folder)
    assert not errors
    assert all(verdicts), verdicts
    assert [v.function for v in verdicts] == [e.title for e in folder.track.exercises]
    assert folder.next() is None


def test_gradients_are_those_of_autograd(solved):
    import torch

    folder = solved("DNN")
    batch, weights, answers = (np.load(folder / f"{name}.npz") for name in ("batch", "weights", "answers"))
    arrays = [torch.tensor(weights[f"fc{k}.{a}"], requires_grad=True) for k in (1, 2, 3) for a in "Wb"]
    W1, b1, W2, b2, W3, b3 = arrays
    y = ((torch.tensor(batch["x"]) @ W1 + b1).relu() @ W2 + b2).relu() @ W3 + b3
    torch.nn.functional.cross_entropy(y, torch.tensor(batch["t"])).backward()
    for name, array in zip(("fc1.W", "fc1.b", "fc2.W", "fc2.b", "fc3.W", "fc3.b"), arrays, strict=True):
        np.testing.assert_allclose(answers[f"gradients/{name}"], np.asarray(array.grad), rtol=1e-10, atol=1e-14)


def test_weights_and_values_are_in_nurals_layouts(solved):
    import torch

    torch.manual_seed(0)
    sys.path.insert(0, str(NETS.parent))
    try:
        from nets import LeNet
    finally:
        sys.path.remove(str(NETS.parent))
    net = LeNet().double()
    folder = solved("LeNet")
    weights, batch, answers = (np.load(folder / f"{name}.npz") for name in ("weights", "batch", "answers"))
    np.testing.assert_array_equal(weights["conv2.K"], net.conv2.weight.detach().permute(2, 3, 1, 0))
    images = torch.tensor(batch["x"]).reshape(5, 1, 28, 28)
    np.testing.assert_allclose(answers["values/conv1"], net.conv1(images).detach().permute(0, 2, 3, 1), atol=1e-12)
    np.testing.assert_allclose(answers["prediction"], net.eval()(images).detach(), atol=1e-12)


#: The network, the file, what is right there, what is written, the function that is wrong, its first wrong array, and
#: the name of the mistake or a part of what is said.
WRONG = [
    ("DNN", "layers.py", "dy.sum(axis=0)", "dy.mean(axis=0)", "backward", "fc3.b", "bias-averaged"),
    ("DNN", "layers.py", "dy @ W.T", "dy @ W.reshape(W.shape[::-1])", "backward", "relu2", "reshape-for-transpose"),
    ("DNN", "layers.py", "dy * (x > 0)", "dy * (dy > 0)", "backward", "fc2", "gate-from-gradient"),
    (
        *("DNN", "network.py", 'relu_forward(values["fc2"])', 'values["fc2"]', "forward", "relu2"),
        "comes from fc_forward, and should come from relu_forward",
    ),
    (
        *("DNN", "network.py", 'fc_forward(values["relu1"]', 'fc_forward(values["fc1"]', "forward", "fc2"),
        'fc_forward gets values["fc1"] as x, and should get values["relu1"]',
    ),
    (
        *("DNN", "network.py", 'gradients["fc2"], weights["fc2.W"]', 'gradients["fc2"], weights["fc2.W"].T'),
        *("backward", "relu1", 'weights["fc2.W"].T as W'),
    ),
    (
        *("DNN", "network.py", "gradients[name], learning_rate)", "-gradients[name], learning_rate)"),
        *("step", "fc1.W", "sign"),
    ),
    ("DNN", "network.py", "in batches]", "in list(batches)[:1]]", "train", "losses", "(1,), and should have (10,)"),
    ("DNN", "network.py", "return loss", "pass", "step", "loss", "missing"),
    (
        *("LeNet", "network.py", "padding=2", "padding=0", "forward", "conv1"),
        "conv2d_forward gets padding=0, and should get 2",
    ),
    (
        *("LeNet", "layers.py", "dX[..., i, j] += dy @ K", "dX[..., i, j] = dy @ K", "backward", "pool"),
        "windows-overwrite",
    ),
    ("LeNet", "layers.py", "X[..., i, j] @ K[i, j]", "X[..., i, j] @ K[-1 - i, -1 - j]", "forward", "conv1", "kernel"),
    ("LeNet", "layers.py", "return x * mask", "return x", "forward", "dropout1", "dropout-without-mask"),
    ("LeNet", "layers.py", "dy * (1 - y**2)", "dy * (1 - y)", "backward", "conv2", "tanh-derivative"),
    (
        *("LeNet", "network.py", 'values["pool1"].reshape', 'values["pool1"].transpose(0, 3, 1, 2).reshape'),
        *("forward", "flatten1", "reshape-for-transpose"),
    ),
    (
        *("LeNet", "network.py", 'relu_backward(gradients["relu1"], values["conv1"])'),
        *('relu_backward(gradients["relu1"], values["pool"])', "backward", "conv1"),
        'relu_backward gets values["pool"] as x, and should get values["conv1"]',
    ),
    (
        "LeNet",
        "network.py",
        'values["dropout1"] = values["relu2"]\n',
        "forward(values, weights)\n",
        "predict",
        "y",
        "mask",
    ),
    ("MLP", "layers.py", "x.var(axes)", "x.var(axes, ddof=1)", "forward", "norm1", "norm-unbiased"),
    ("MLP", "network.py", "0.1 * (mean", "0.9 * (mean", "step", "norm1.running_mean", "9 times what it should"),
    ("MLP", "network.py", "variance * n / (n - 1)", "variance", "step", "norm1.running_variance", "numbers are wrong"),
    ("RowByRow", "layers.py", "tanh_c) + dc", "tanh_c)", "backward", "lstm.W_ih", "cell-gradient-overwritten"),
    ("RowByRow", "layers.py", "i, f, g, o = np.split", "i, g, f, o = np.split", "forward", "lstm", "gate-order"),
    ("RowByRow", "network.py", '["lstm"][:, -1]', '["lstm"][:, 0]', "forward", "last", "numbers are wrong"),
]


def changed(folder, place, file, right, wrong):
    shutil.copytree(folder, place)
    path = place / file
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong))
    return begun(place)


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "function", "array", "said"), WRONG, ids=lambda v: str(v)[:24]
)
def test_the_first_array_that_departs_is_named(solved, tmp_path, name, file, right, wrong, function, array, said):
    verdicts, errors = check_own(changed(solved(name), tmp_path / "wrong", file, right, wrong))
    assert not errors
    verdict = next(v for v in verdicts if v.function == function)
    assert not verdict
    assert next(name for name, state in verdict.results.items() if state != "right") == array
    assert said in f"{verdict.mistake} {verdict.message}"


def test_a_function_of_the_network_is_judged_by_itself(solved, tmp_path):
    wrong = 'values["relu2"] = values["fc2"]'
    right = 'values["relu2"] = relu_forward(values["fc2"])'
    folder = changed(solved("DNN"), tmp_path / "wrong", "network.py", right, wrong)
    verdicts, _ = check_own(folder)
    assert [v.function for v in verdicts if v.wrong] == ["forward"]
    assert "forward" not in folder.done
    assert "step" in folder.done


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(x > 0)", "(x >= 0)"),
        ('gradients["relu1"], values["fc1"]', 'gradients["relu1"], values["relu1"]'),
        ("from layers import (", "from layers import *\nfrom layers import ("),
        ('gradients["fc1.W"], gradients["fc1.b"], gradients["x"]', 'gradients["fc1.W"], gradients["fc1.b"], _'),
        (
            "sgd_update(weights[name], gradients[name], learning_rate)",
            "weights[name] -= learning_rate * gradients[name]",
        ),
        ("return [step(", "yield from (step("),
    ],
)
def test_what_is_written_otherwise_is_right(solved, tmp_path, right, wrong):
    folder, place = solved("DNN"), tmp_path / "right"
    shutil.copytree(folder, place)
    for file in ("layers.py", "network.py"):
        text = (place / file).read_text().replace(right, wrong)
        (place / file).write_text(text.replace("in batches]", "in batches)") if "yield" in wrong else text)
    verdicts, errors = check_own(begun(place))
    assert not errors
    assert all(verdicts), verdicts


def test_a_tie_in_max_pooling_may_go_to_the_last(solved, tmp_path):
    first = "(y[..., None, None] == X).reshape(*y.shape, -1).argmax(axis=-1)"
    last = f"X[0, 0, 0, 0].size - 1 - {first.replace('.argmax', '[..., ::-1].argmax')}"
    verdicts, _ = check_own(changed(solved("LeNet"), tmp_path / "last", "layers.py", first, last))
    assert all(verdicts), verdicts


def test_dividing_in_the_layers_is_a_convention(solved, tmp_path):
    folder = changed(
        *(solved("DNN"), tmp_path / "seed", "layers.py"),
        *("return x.T @ dy, dy.sum(axis=0), dy", "return x.T @ dy / len(x), dy.mean(axis=0), dy"),
    )
    path = folder.folder / "layers.py"
    path.write_text(path.read_text().replace("(np.exp(log_p) - t) / n", "np.exp(log_p) - t"))
    verdicts, _ = check_own(folder)
    assert all(verdicts), verdicts


def test_what_is_not_yet_written_is_neither_right_nor_wrong(tmp_path):
    folder = started("DNN", tmp_path / "dnn")
    verdicts, errors = check_own(folder)
    assert not errors
    assert all(v.unwritten for v in verdicts)
    network, layers = folder.folder / "network.py", folder.folder / "layers.py"

    def write(path, unwritten, line):
        blank = f'raise NotImplementedError("{unwritten} is not yet written")'
        assert blank in path.read_text()
        path.write_text(path.read_text().replace(blank, line))

    more = 'values["relu1"] = relu_forward(values["fc1"])\n    raise NotImplementedError'
    write(network, "forward", more)
    write(layers, "fc_forward", "return x @ W + b")
    messages = {v.function: v.message for v in check_own(folder)[0]}
    assert messages["forward"] == "fc1 right; waits for relu_forward, which is not yet written"
    write(layers, "relu_forward", "return np.maximum(x, 0)")
    messages = {v.function: v.message for v in check_own(folder)[0]}
    assert messages["forward"] == "fc1, relu1 right; fc2 is next"


def test_an_endless_loop_ends_and_the_rest_is_judged(solved, tmp_path):
    folder = changed(
        solved("DNN"),
        tmp_path / "endless",
        "network.py",
        "forward(values, weights)\n    return",
        "while True: pass\n    return",
    )
    verdicts, _ = check_own(folder, seconds=4)
    wrong = [v for v in verdicts if not v]
    assert [v.function for v in wrong] == ["predict"]
    assert "still running after 4 s" in wrong[0].message


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_skeleton_fits_a_terminal(tmp_path, language):
    from nural.learn.tracks.wrapping import width_of

    folder = started("MLP", tmp_path / "mlp", language=language).folder
    for file in ("layers.py", "network.py", "train.py"):
        text = (folder / file).read_text()
        compile(text, file, "exec")
        assert max(map(width_of, text.splitlines())) <= 88
    assert "solution" not in (folder / "layers.py").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Needs", "cannot be made without arguments"),
        ("Branches", "x of Branches.forward is read by fc, add"),
        ("Decides", "Decides.forward cannot be followed by torch.fx"),
        ("Attends", "self.attention of Attends is a Bilinear, which is not known here. Known are Linear, "),
        ("Sorts", "Sorts.forward calls cumsum, which is not known here"),
        ("DropsAlways", "after eval() too: F.dropout needs training=self.training"),
        ("TimeFirst", "self.lstm of TimeFirst has batch_first=False"),
        ("stack", "self.1 of Sequential is a Dropout2d"),
        ("number", "is a int, not a torch.nn.Module"),
        ("nothing", "has no nothing; it has "),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path, name, said):
    shape = {"stack": (2, 8, 8), "TimeFirst": (5, 3)}.get(name, (8,))
    with pytest.raises(NotLoaded) as refused:
        start_from(f"{NETS}:{name}", tmp_path / "new", shape=shape)
    assert said in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1")
    with pytest.raises(NotLoaded, match="has files in it; name a new folder"):
        started("DNN", tmp_path)


def test_an_input_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(NotLoaded, match="say the shape of one sample with --input-shape") as refused:
        start_from(f"{NETS}:DNN", tmp_path / "new", shape=(3,))
    assert "it does not take an input of shape (5, 3)" in str(refused.value)


def test_the_first_losses_are_those_of_the_module(solved):
    training = OwnTraining(begun(solved("MLP")))
    assert training.other == "PyTorch"
    pairs = list(training.beside(training.count))
    assert len(pairs) == 10
    assert all(abs(mine - theirs) < 1e-10 for mine, theirs in pairs)
    assert pairs[0] > pairs[-1]


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(NETS, tmp_path)
    runner = CliRunner()
    assert runner.invoke(app, ["learn", "from-torch", "nets.py:DNN"]).exit_code == 0
    assert "nural learn from-torch net.py:Net" in runner.invoke(app, ["learn"]).output
    monkeypatch.chdir(tmp_path / "dnn")
    checked = runner.invoke(app, ["learn", "check", "--json"])
    assert checked.exit_code == 0
    lines = [json.loads(line) for line in checked.output.splitlines()]
    assert [line["function"] for line in lines][-5:] == ["forward", "backward", "predict", "step", "train"]
    assert set(lines[0]) == {"function", "right", "results", "mistake", "message"}
    assert "which value does a part read" in runner.invoke(app, ["learn", "hint", "forward"]).output
    assert json.loads((tmp_path / "dnn" / "progress.json").read_text())["functions"]["forward"]["hints"] == 1
    again = runner.invoke(app, ["learn", "from-torch", f"{NETS}:DNN", str(tmp_path / "dnn")])
    assert again.exit_code == 2
    unnamed = runner.invoke(app, ["learn", "from-torch", "nets.py"])
    assert (unnamed.exit_code, "such as net.py:Net; got nets.py" in unnamed.output) == (2, True)
    wrong = runner.invoke(app, ["learn", "from-torch", "nets.py:DNN", "new", "--loss", "hinge"])
    assert wrong.exit_code == 2
    shape = runner.invoke(app, ["learn", "from-torch", "nets.py:DNN", "new", "--input-shape", "28x28"])
    assert shape.exit_code == 2


def test_the_solved_network_learns(solved, tmp_path):
    shutil.copytree(solved("DNN"), tmp_path / "dnn")
    path = tmp_path / "dnn" / "train.py"
    path.write_text(path.read_text().replace("range(3)", "range(1)").replace("batches(500)", "batches(200)"))
    run = subprocess.run([sys.executable, "train.py"], cwd=path.parent, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout.rpartition("accuracy ")[2].strip().rstrip("%")) > 85
