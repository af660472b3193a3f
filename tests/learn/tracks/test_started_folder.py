"""A started folder: what is refused, what is judged, and what its progress.json keeps."""

import json
import re

import pytest

from nural.learn import running
from nural.learn.language import TEXTS, speaking, spoken
from nural.learn.mistakes.explanations import EXPLANATIONS, explanation
from nural.learn.tracks.checking import check_folder
from nural.learn.tracks.folder import NOTEBOOK, PROGRESS, FolderError, find, opened, start
from nural.learn.tracks.hints import asked

RELU = 'raise NotImplementedError("relu_forward is not yet written")'


def test_a_folder_with_files_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "dnn").mkdir()
    (tmp_path / "dnn" / "mine.py").write_text("x = 1\n")
    with pytest.raises(FolderError, match="dnn is there already, and nothing in it is replaced"):
        start("dnn", tmp_path, "en")
    assert [path.name for path in (tmp_path / "dnn").iterdir()] == ["mine.py"]
    with pytest.raises(FolderError, match="there is no track cnm; the tracks are dnn, "):
        start("cnm", tmp_path, "en")
    with pytest.raises(FolderError, match="there is no language fr; there are en, zh"):
        start("dnn", tmp_path, "fr")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "dnn").mkdir()
    assert start("dnn", tmp_path, "zh").language == "zh"


def test_it_is_found_from_within_and_knows_how_far_it_is(started):
    begun = started("dnn", "zh")
    begun.done, begun.hints, begun.trained = {"fc_forward"}, {"fc_backward": 2}, 0.97
    begun.save()
    below = begun.folder / "notes"
    below.mkdir()
    found = find(below)
    assert found
    assert (found.done, found.trained, found.language) == ({"fc_forward"}, 0.97, "zh")
    assert found.hints["fc_backward"] == 2
    upcoming = found.next()
    assert upcoming
    assert (upcoming[0].file, upcoming[1].title) == ("layers.py", "fc_backward")
    assert find(begun.folder.parent) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"track": ',
        '{"track": "dnm", "language": "en", "functions": {}}',
        '{"track": "dnn", "language": "en", "functions": {"fc_forward": 1}}',
        '{"track": "dnn", "language": "en", "functions": []}',
        '{"track": "dnn", "language": ["en"], "functions": {}}',
        '{"track": "dnn", "language": "en", "functions": {"fc_forward": {"done": true, "hints": "many"}}}',
        "\udcff",
    ],
)
def test_a_damaged_progress_is_said_in_one_sentence(started, text):
    begun = started("dnn")
    (begun.folder / PROGRESS).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(FolderError, match=r"progress\.json is damaged \(.+\): start the track elsewhere") as error:
        opened(begun.folder)
    assert "\n" not in str(error.value)


def test_a_track_is_finished_when_all_is_right_and_the_goal_is_reached(started):
    begun = started("dnn")
    begun.trained = 0.97
    assert not begun.finished
    begun.done = {exercise.title for exercise in begun.track.exercises}
    assert begun.finished
    begun.trained = 0.95
    assert not begun.finished


def test_another_programs_progress_is_left_alone(tmp_path):
    (tmp_path / PROGRESS).write_text('{"steps": 3}')
    assert opened(tmp_path) is None


def test_hints_come_one_after_another_and_are_counted(started):
    begun = started("dnn")
    for expected in (1, 2, 3, 4, 4):
        exercise, hints, count = asked(begun, "fc_backward")
        assert (exercise.title, len(hints), count) == ("fc_backward", expected, 4)
        assert json.loads((begun.folder / PROGRESS).read_text())["functions"]["fc_backward"]["hints"] == expected
    assert dict(hints)["shapes"].endswith("dy (2, 2), W (3, 2), x (2, 3) → dW (3, 2), db (2,), dx (2, 3)")
    assert asked(begun, "")[0].title == "fc_forward"
    with pytest.raises(FolderError, match="the track dnn has no function fc_back; it has fc_backward"):
        asked(begun, "fc_back")


def test_what_is_written_is_judged_and_kept(started, changed):
    begun = started("dnn")
    changed(begun, "activations.py", RELU, "return np.maximum(x, 0)")
    verdicts, _ = check_folder(begun)
    assert begun.done == {"relu_forward"}
    changed(begun, "activations.py", "np.maximum(x, 0)", "np.abs(x)")
    again = opened(begun.folder)
    assert again
    verdicts, _ = check_folder(again)
    assert [v.function for v in verdicts if v.wrong] == ["relu_forward"]
    assert again.done == set()
    assert opened(begun.folder) == again


def test_the_notebook_counts_where_the_module_is_empty(started, changed):
    begun = started("dnn")
    changed(begun, NOTEBOOK, json.dumps(RELU, ensure_ascii=False)[1:-1], "return np.maximum(x, 0)")
    check_folder(begun)
    assert begun.done == {"relu_forward"}
    changed(begun, "activations.py", RELU, "return x")
    check_folder(begun)
    assert begun.done == set()
    assert check_folder(begun, NOTEBOOK)[0][2]


def test_a_file_that_cannot_be_run_is_said_once_and_what_was_done_in_it_stays(started, changed):
    begun = started("dnn", solved=True)
    check_folder(begun)
    changed(begun, "layers.py", "def fc_backward(", "def fc_backward((")
    verdicts, errors = check_folder(begun)
    assert len(errors) == 1  # though network.py imports it
    assert errors[0].startswith("layers.py, line 10, `def fc_backward((dy, W, x):`")
    assert {v.function for v in verdicts}.isdisjoint({"fc_forward", "fc_backward", "forward", "backward"})
    assert "fc_forward" in begun.done


def test_a_function_that_is_gone_is_missed(started, changed):
    begun = started("dnn", solved=True)
    changed(begun, "activations.py", "def relu_backward", "def backward_of_relu")
    changed(begun, "network.py", "import relu_backward, ", "import ")
    verdicts, _ = check_folder(begun, "activations.py")
    assert [v.message for v in verdicts if v.wrong] == ["activations.py has no relu_backward any more"]


def test_causes_come_before_what_follows_from_them(started, changed):
    begun = started("dnn", solved=True)
    changed(begun, "layers.py", "dy.sum(axis=0)", "dy.mean(axis=0)")
    wrong = {v.function: v for v in check_folder(begun)[0] if v.wrong}
    assert wrong.keys() == {"fc_backward", "backward"}
    assert wrong["fc_backward"].mistake == "bias-averaged"
    assert wrong["backward"].message == "It calls fc_backward, to be mended first."
    alone = {v.function: v for v in check_folder(begun, "network.py")[0]}
    assert alone["backward"].mistake == "bias-averaged"
    assert alone["backward"].message.endswith("Read nural.reference.fc_backward.")


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "function", "said"),
    [
        (
            "dnn",
            "network.py",
            "    return neurons",
            "    return 1",
            "forward",
            "int was returned, expected a dictionary with z1",
        ),
        (
            "dnn",
            "network.py",
            "return loss, gradients",
            "return loss",
            "backward",
            "expected the loss and a dictionary",
        ),
        ("two-layer", "two_layer_net.py", 'return {"W1"', 'x = {"W1"', "TwoLayerNet.gradient", "NoneType was returned"),
    ],
)
def test_what_is_no_dictionary_is_said(started, changed, name, file, right, wrong, function, said):
    begun = started(name, solved=True)
    changed(begun, file, right, wrong)
    verdicts = {v.function: v for v in check_folder(begun, file)[0]}
    assert verdicts[function].wrong
    assert said in verdicts[function].message


def test_a_function_waits_for_those_that_it_calls(started, changed):
    begun = started("two-layer", solved=True)
    changed(begun, "activation_function.py", "return np.maximum(x, 0)", 'raise NotImplementedError("relu")')
    said = {v.function: v.message for v in check_folder(begun)[0] if v.unwritten}
    assert said["relu"] == "not yet written"
    assert said["TwoLayerNet.predict"] == "waits for relu, which is not yet written"
    assert "TwoLayerNet.gradient" in said


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "function", "mistake"),
    [
        ("dnn", "network.py", 'dz1, weights["W1"], x', 'da1, weights["W1"], x', "backward", None),
        ("dnn", "network.py", 'weights["W2"], neurons["a1"])', 'weights["W2"], neurons["z1"])', "backward", None),
        ("dnn", "network.py", 'dz2, weights["W2"]', 'da2, weights["W2"]', "backward", "gate-at-zero"),
        ("dnn", "network.py", 'a2, neurons["z2"]', 'a2, neurons["z1"][:, :1]', "backward", None),
        (
            "dnn",
            "network.py",
            "    return neurons",
            "    neurons['y'] = relu_forward(neurons['y'])\n    return neurons",
            "forward",
            None,
        ),
        ("two-layer", "two_layer_net.py", " * relu_grad(a1)", "", "TwoLayerNet.gradient", "gate-at-zero"),
        (
            "two-layer",
            "two_layer_net.py",
            "relu_grad(a1)",
            "relu_grad(dy @ W2.T)",
            "TwoLayerNet.gradient",
            "gate-from-gradient",
        ),
        ("dnn", "network.py", "argmax(axis=1)", "argmax(axis=0)", "get_accuracy", None),
        ("two-layer", "two_layer_net.py", "(y - t) / len(x)", "y - t", "TwoLayerNet.gradient", "batch-mean-missing"),
        (
            "two-layer",
            "two_layer_net.py",
            "da1.sum(axis=0)",
            "da1.mean(axis=0)",
            "TwoLayerNet.gradient",
            "bias-averaged",
        ),
        ("two-layer", "two_layer_net.py", "z1 = relu(", "z1 = (", "TwoLayerNet.predict", "activation-missing"),
        ("two-layer", "one_hot_label.py", "X] = 1", "X - 1] = 1", "change_one_hot_label", None),
        ("cnn", "columns.py", "] += columns", "] = columns", "col2im", "windows-overwrite"),
        ("cnn", "columns.py", "padding : padding + h, padding : padding + w]", "]", "col2im", "padding-not-cut"),
        ("cnn", "columns.py", "stride : stride, j : j", "stride, j : j", "im2col", None),
        ("cnn", "patch.py", "K @ dy", "K[::-1, ::-1] @ dy", "patch_backward", "kernel-not-flipped"),
        ("cnn", "network.py", 'dz3, weights["W3"]', 'da3, weights["W3"]', "backward", None),
    ],
)
def test_mistakes_in_a_tracks_own_functions_are_found(started, changed, name, file, right, wrong, function, mistake):
    begun = started(name, solved=True)
    changed(begun, file, right, wrong)
    verdicts = {v.function: v for v in check_folder(begun, file)[0]}
    assert verdicts[function].wrong
    assert verdicts[function].mistake == mistake


def test_what_was_saved_counts_where_no_process_is_forked(started, changed, monkeypatch, tmp_path):
    monkeypatch.setattr(running, "FORKS", False)
    for name in ("dnn", "two-layer"):
        begun = started(name, solved=True)
        assert check_folder(begun)[0]
    first = opened(tmp_path / "a folder" / "dnn")
    assert first
    changed(first, "layers.py", "dy.sum(axis=0)", "dy.mean(axis=0)")
    assert {v.function for v in check_folder(first)[0] if v.wrong} == {"fc_backward", "backward"}


def test_in_a_chinese_folder_mistakes_are_explained_in_chinese(started, changed):
    begun = started("dnn", "zh", solved=True)
    changed(begun, "layers.py", "dy.sum(axis=0)", "dy.mean(axis=0)")
    changed(begun, "optimizer.py", "    W -= learning_rate * g", '    raise NotImplementedError("sgd_update 尚未编写")')
    verdicts = {v.function: v for v in check_folder(begun)[0]}
    assert verdicts["fc_backward"].mistake == "bias-averaged"
    assert verdicts["fc_backward"].message.startswith("你的结果是正确值除以样本数 N = 2。")
    assert verdicts["backward"].message == "它调用了 fc_backward，请先改正后者。"
    assert verdicts["sgd_update"].message == "尚未编写"
    assert spoken() == "en"
    with speaking("zh"):
        assert "在 10 个用例上与 torch.nn.functional.linear 一致" in str(verdicts["fc_forward"])


def test_every_explanation_has_its_chinese_with_the_same_sizes():
    with speaking("zh"):
        for name, text in EXPLANATIONS.items():
            chinese = explanation(name, {})
            assert chinese != text, name
            assert set(re.findall(r"{\w+}", chinese)) <= set(re.findall(r"{\w+}", text))
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
