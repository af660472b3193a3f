"""A network is judged without PyTorch: its folder has all that is needed."""

import numpy as np
import pytest

from nural.activations import ReLU
from nural.layers import Linear
from nural.learn.own_network.answers import Answers, N, drawn_batch
from nural.learn.own_network.checking import check_own
from nural.learn.own_network.folder import network_in, opened, write
from nural.learn.own_network.network import BLANKS, Network
from nural.learn.own_network.parts import part_of
from nural.learn.own_network.solving import computed, with_saved
from nural.learn.running import NotLoaded
from nural.learn.tracks import folder as folders


@pytest.fixture
def found():
    """A network of two layers, its weights, a batch, and what is right."""
    rng = np.random.default_rng(0)
    layers = {"fc1": Linear(4, 3, rng=rng), "relu": ReLU(), "fc2": Linear(3, 2, rng=rng)}
    parts, weights, shape, reads = [], {}, (N, 4), "x"
    for name, layer in layers.items():
        width = layer.params["W"].shape[1] if layer.params else shape[1]
        parts.append(part_of(name, f"self.{name}", reads, layer, shape, (N, width)))
        weights |= {f"{name}.{key}": array.astype(np.float64) for key, array in layer.params.items()}
        shape, reads = (N, width), name
    network = Network("net.py:Net", tuple(parts), "cross_entropy_loss")
    batch = drawn_batch(network)
    return network, weights, batch, computed(network, weights, batch)


def test_a_solved_folder_is_right(found, tmp_path):
    verdicts, errors = check_own(write(tmp_path / "net", found, solved=True))
    assert not errors
    assert all(verdicts), verdicts
    assert str(verdicts[-5]).endswith("equal to 3 arrays of net.py:Net")


def test_an_empty_folder_is_neither_right_nor_wrong(found, tmp_path):
    verdicts, errors = check_own(write(tmp_path / "net", found))
    assert not errors
    assert all(verdict.unwritten for verdict in verdicts)


def test_one_file_is_judged_alone(found, tmp_path):
    started = write(tmp_path / "net", found, solved=True)
    assert [v.function for v in check_own(started, "network.py")[0]] == list(BLANKS)
    assert "forward" not in [v.function for v in check_own(started, "layers.py")[0]]


def test_a_file_that_cannot_be_run_is_told_of(found, tmp_path):
    started = write(tmp_path / "net", found, solved=True)
    (started.folder / "network.py").write_text("import numpy as np\nnp.nothing\n")
    verdicts, errors = check_own(started)
    assert len(errors) == 1
    assert "network.py cannot be imported: line 2, `np.nothing`" in errors[0]
    assert all(verdicts)


def test_a_function_that_is_gone_is_missing(found, tmp_path):
    started = write(tmp_path / "net", found, solved=True)
    path = started.folder / "network.py"
    path.write_text(path.read_text().replace("def predict(", "def predicted("))
    (verdict,) = [v for v in check_own(started)[0] if not v]
    assert (verdict.function, verdict.message) == ("predict", "predict is missing.")


def test_the_weights_may_not_be_changed_on_the_way(found, tmp_path):
    started = write(tmp_path / "net", found, solved=True)
    path = started.folder / "network.py"
    more = '\n    weights["fc1.b"] += 1\n\n\ndef backward('
    path.write_text(path.read_text().replace("\n\n\ndef backward(", more))
    (verdict,) = [v for v in check_own(started)[0] if not v]
    assert (verdict.function, verdict.mistake) == ("forward", "input-changed")
    assert 'weights["fc1.b"] is another array afterwards: only step may change it' in verdict.message


def test_it_speaks_chinese_in_a_chinese_folder(found, tmp_path):
    from dataclasses import replace

    from nural.learn.tracks.checking import check_folder

    network, *rest = found
    started = write(tmp_path / "net", (replace(network, language="zh"), *rest), solved=True)
    path = started.folder / "network.py"
    path.write_text(path.read_text().replace('relu_forward(values["fc1"])', 'values["fc1"]'))
    (verdict,) = [v for v in check_folder(started)[0] if not v]
    assert verdict.message == (
        'values["relu"] 是第一个与 net.py:Net 不一致的数组。它来自 fc_forward，应当来自 relu_forward。'
    )


def test_a_model_that_computes_something_else_is_refused(found):
    network, weights, batch, answers = found
    wrong = Answers(**{**vars(answers), "prediction": answers.prediction + 1})
    with pytest.raises(NotLoaded, match="the prediction of nural's reference is not that of the model"):
        with_saved(network, weights, batch, wrong)


def test_what_is_written_is_read_again(found, tmp_path):
    network, weights, batch, answers = found
    write(tmp_path, found)
    assert network_in(tmp_path) == network
    _, again, other_batch, other = opened(tmp_path)
    np.testing.assert_equal(again, weights)
    np.testing.assert_equal(vars(other_batch), vars(batch))
    np.testing.assert_equal(vars(other), vars(answers))


@pytest.mark.parametrize("file", ["network.json", "answers.npz"])
def test_a_damaged_folder_is_told_of(found, tmp_path, file):
    started = write(tmp_path, found)
    (tmp_path / file).write_text("{")
    with pytest.raises(NotLoaded, match="cannot be read"):
        check_own(started)
    if file == "network.json":
        with pytest.raises(NotLoaded, match="cannot be read"):
            folders.opened(tmp_path)
