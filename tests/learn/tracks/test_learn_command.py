"""`nural learn` as it is typed, in both languages, on 80 columns."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nural.cli import learn_training
from nural.cli.learn import learn
from nural.learn.tracks.track import available
from nural.learn.tracks.wrapping import width_of


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `nural learn …` in a folder whose path has spaces; ``enter`` goes into one below."""
    place = tmp_path / "a folder"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments, check=0, enter=None):
        if enter:
            monkeypatch.chdir(place / enter)
        result = CliRunner().invoke(learn, list(arguments))
        assert result.exit_code == check, result.output
        if "--json" not in arguments and check != 2:
            assert [line for line in result.output.splitlines() if width_of(line) > 80] == []
        return result.output

    return command


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_an_empty_folder_to_a_trained_network(run, monkeypatch, tmp_path, language):
    first = run("--language", language)
    assert "nural learn start dnn" in first
    assert {"en": "not started", "zh": "未开始"}[language] in first
    begun = run("start", "two-layer", "--language", language)
    assert "cd two-layer" in begun
    assert {"en": "Next: relu in two-layer/activation_function.py", "zh": "下一个：two-layer/"}[language] in begun

    folder = tmp_path / "a folder" / "two-layer"
    empty = run("check", enter="two-layer")
    assert {"en": "0 of 13 functions are right.", "zh": "13 个函数中 0 个正确。"}[language] in empty
    assert {"en": "hint 1 of 4: a question", "zh": "提示 1/4：一个问题"}[language] in run("hint")
    assert "np.maximum" in [run("hint", "relu") for _ in range(3)][-1]

    from nural.learn.tracks.track import track

    for module in track("two-layer").modules:
        (folder / module.file).write_text(module.text(language, solved=True), encoding="utf-8")
    done = run("check")
    assert len(re.findall({"en": " right   (equal to|right on)", "zh": " 正确   在"}[language], done)) == 13
    assert "nural learn train" in done
    monkeypatch.setattr(learn_training, "COMPARED", 3)
    monkeypatch.setattr(learn_training, "IMAGES", 1600)
    trained = run("train", check=1)  # so few digits do not reach the goal
    assert {"en": "Numerical gradient and backpropagation", "zh": "一个小网络的数值梯度"}[language] in trained
    assert {"en": "The first 3 losses are equal to 1e-10.", "zh": "前 3 步的损失之差都不超过 1e-10。"}[
        language
    ] in trained
    assert {"en": "is not reached", "zh": "未达到目标 96%"}[language] in trained
    progress = json.loads((folder / "progress.json").read_text())
    assert progress["functions"]["relu"] == {"done": True, "hints": 4}
    assert progress["trained"] > 0.7
    last = run("--language", language)
    assert {"en": "13 of 13, trained, ", "zh": "13/13，已训练，"}[language] in last
    assert "nural learn train" in last


def test_the_exit_code_says_whether_something_is_wrong(run, tmp_path):
    run("start", "dnn")
    layers = tmp_path / "a folder" / "dnn" / "layers.py"
    unwritten = 'raise NotImplementedError("fc_forward is not yet written")'
    text = layers.read_text()
    layers.write_text(text.replace(unwritten, "return x @ W"))
    said = run("check", enter="dnn", check=1)
    assert "fc_forward" in said
    verdicts = {each["function"]: each for each in map(json.loads, run("check", "--json", check=1).splitlines())}
    assert verdicts["fc_forward"]["results"] == {"y": "wrong"}
    assert verdicts["fc_backward"]["results"] == dict.fromkeys(("dW", "db", "dx"), "unwritten")
    assert len(run("check", "layers.py", "--json", check=1).splitlines()) == 2
    layers.write_text(text.replace(unwritten, "return x @ W + b"))
    run("check")
    layers.write_text("def fc_forward(x W, b): ...")
    run("check", check=2)


def test_it_says_where_nothing_was_started(run):
    assert "no track was started here: nural learn start TRACK" in run("check", check=2)
    assert "no track was started here" in run("hint", "relu", check=2)
    assert "no track was started here" in run("train", check=2)
    run("start", "dnn")
    assert "is there already" in run("start", "dnn", check=2)


def test_train_names_the_function_whose_losses_differ(run, tmp_path, monkeypatch):
    from nural.learn.tracks.track import track

    run("start", "dnn")
    folder = tmp_path / "a folder" / "dnn"
    for module in track("dnn").modules:
        text = module.text("en", solved=True).replace("dy.sum(axis=0)", "dy.mean(axis=0)")
        (folder / module.file).write_text(text)
    monkeypatch.setattr(learn_training, "IMAGES", 640)
    said = run("train", check=1, enter="dnn")
    assert "The losses differ at step 2." in said
    assert "Look at fc_backward" in said


def test_the_page_shows_what_the_commands_print(run, tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "workshop.md").read_text(encoding="utf-8")
    run("start", "dnn")
    layers = tmp_path / "a folder" / "dnn" / "layers.py"
    text = layers.read_text(encoding="utf-8")
    assert text[text.index("def fc_backward") :] in page
    for function, body in (("fc_forward", "x @ W + b"), ("fc_backward", "x.T @ dy, dy.mean(axis=0), dy @ W.T")):
        text = text.replace(f'raise NotImplementedError("{function} is not yet written")', f"return {body}")
    layers.write_text(text, encoding="utf-8")
    said = [line.rstrip() for line in run("check", enter="dnn", check=1).splitlines()]
    assert "\n".join(said[: said.index("1 of 10 functions are right.") + 1]) in page
    assert all(f"| `{name}` |" in page for name in available())
