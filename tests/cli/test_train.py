import json
import re
import signal
import time
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

import nural as library

RESULTS = {
    "checkpoint.safetensors",
    "config.json",
    "confusion.png",
    "history.csv",
    "learning-curve.png",
    "mistakes.png",
    "model.safetensors",
}


def test_a_run_leaves_everything_in_its_folder(nural, small_npz):
    result = nural("train", "--data", small_npz, "--epochs", 2, "--out", "run", check=0)
    folder = nural.folder / "run"
    assert {path.name for path in folder.iterdir()} == RESULTS
    for picture in folder.glob("*.png"):
        with Image.open(picture) as image:
            assert min(image.size) > 300
    assert (folder / "history.csv").read_text().startswith("epoch,step,learning_rate,loss,val_loss,val_accuracy\n1,")
    config = json.loads((folder / "config.json").read_text())
    assert (config["recipe"], config["epochs"], config["seed"]) == ("mlp", 2, 0)
    assert re.search(r"epoch +2  loss 0\.\d+  validation [89]\d\.\d\d%  [\d,]+ images/s", result.stdout)
    assert re.search(r"test accuracy [89]\d\.\d\d% on 500 digits", result.stdout)
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("option", "shown", "kept"),
    [([], "threads: 1 BLAS thread (auto)", "auto"), (["--threads", 2], "threads: 2 BLAS threads\n", 2)],
)
def test_threads_are_chosen_shown_and_kept(nural, small_npz, option, shown, kept):
    result = nural("train", "--data", small_npz, "--epochs", 1, "--out", "run", *option, check=0)
    assert shown in result.stdout
    assert json.loads((nural.folder / "run" / "config.json").read_text())["threads"] == kept
    nural("train", "--resume", "run", *option, check=0)


def test_the_default_folder_is_named_by_date_and_recipe(nural, small_npz):
    nural("train", "--data", small_npz, "--epochs", 1, "--recipe", "two-layer", check=0)
    (folder,) = (nural.folder / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-two-layer", folder.name)


def test_runs_that_begin_in_the_same_second_have_a_folder_each(nural, small_npz):
    """Five at once: config, history and model in each folder are of one run."""
    options = ("--data", small_npz, "--epochs", 1, "--recipe", "two-layer", "--threads", 1, "--json")
    running = [nural.start("train", *options, "--seed", seed) for seed in range(5)]
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 5, ended
    folders = [json.loads(output)["folder"] for output, _ in ended]
    assert len(set(folders)) == 5
    for seed, folder in enumerate(folders):
        assert re.fullmatch(r"runs/\d{8}-\d{6}-two-layer(-\d+)?", folder)
        assert json.loads((nural.folder / folder / "config.json").read_text())["seed"] == seed
        assert library.load(nural.folder / folder / "model.safetensors").info["seed"] == seed
    assert last_run(nural) in [str(nural.folder / folder) for folder in folders]


def last_run(nural):
    return (Path(nural.home["XDG_STATE_HOME"]) / "nural" / "last-run").read_text()


def begun(nural, *arguments):
    """A training that has said where its results go."""
    process = nural.start("train", *arguments)
    assert any(line.startswith("results go to") for line in process.stdout)
    return process


def test_two_trainings_never_share_a_folder(nural, small_npz, one_sentence):
    options = ("--data", small_npz, "--recipe", "two-layer", "--batch-size", 2, "--epochs", 50)
    first = begun(nural, *options, "--out", "run")
    try:
        second = one_sentence(nural("train", "--resume", "run"))
        assert second == "nural: run: another `nural train` is at work there; wait for its end\n"
        assert "run: holds a run already" in one_sentence(nural("train", *options, "--out", "run"))
    finally:
        first.kill()  # it can leave no lock behind
        first.communicate(timeout=60)
    resumed = begun(nural, "--resume", "run")
    resumed.send_signal(signal.SIGINT)
    _, errors = resumed.communicate(timeout=60)
    assert errors == "nural: stopped by Ctrl-C; go on with: nural train --resume run\n"
    assert not (nural.folder / "run" / ".lock").exists()


def test_two_trainings_that_are_to_begin_in_one_folder(nural, small_npz):
    options = ("--data", small_npz, "--epochs", 1, "--recipe", "two-layer", "--threads", 1, "--out", "run")
    running = [nural.start("train", *options, "--seed", seed) for seed in range(3)]
    ended = [process.communicate(timeout=120) for process in running]
    assert sorted(process.returncode for process in running) == [0, 2, 2], ended
    (seed,) = (seed for seed, process in enumerate(running) if process.returncode == 0)
    assert json.loads((nural.folder / "run" / "config.json").read_text())["seed"] == seed
    for process, (_, errors) in zip(running, ended, strict=True):
        if process.returncode:
            assert re.fullmatch(r"nural: run: (holds a run already|another `nural train` is at work there).*\n", errors)


def test_few_digits_are_learned_in_small_batches_with_a_smaller_rate(nural, tmp_path, mnist):
    x, y = (256 * mnist[0][0][:60]).astype(np.uint8).reshape(-1, 28, 28), mnist[0][1][:60]
    np.savez(tmp_path / "few.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    nural("train", "--data", tmp_path / "few.npz", "--epochs", 1, "--out", "run", check=0)
    config = json.loads((nural.folder / "run" / "config.json").read_text())
    assert (config["batch_size"], config["learning_rate"]) == (5, 0.2 * 5 / 128)
    nural("train", "--data", tmp_path / "few.npz", "--epochs", 1, "--learning-rate", 0.01, "--out", "own", check=0)
    assert json.loads((nural.folder / "own" / "config.json").read_text())["learning_rate"] == 0.01


def test_json_prints_one_object(nural, small_npz):
    result = nural("train", "--data", small_npz, "--epochs", 1, "--out", "run", "--json", check=0)
    answer = json.loads(result.stdout)
    assert set(answer) == {
        *("folder", "recipe", "seed", "seconds"),
        *("test_accuracy", "test_loss", "validation_accuracy"),
    }
    assert answer["test_accuracy"] > 0.8
    assert "epoch   1" in result.stderr


def test_the_same_seed_gives_the_same_bits_twice(nural, small_npz):
    for out in ("a", "b"):
        nural("train", "--data", small_npz, "--epochs", 1, "--seed", 3, "--out", out, check=0)
    a, b = nural.folder / "a", nural.folder / "b"
    for name in RESULTS:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


def interrupted(nural, *arguments, after):
    """Start a training, press Ctrl-C once a line that matches ``after`` was printed: how it ended, the lines before."""
    process = nural.start("train", *arguments)
    lines = list(takewhile(lambda line: not re.search(after, line), process.stdout))
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors, lines


@pytest.mark.parametrize("after", ["results go to", "epoch +1 "])
def test_ctrl_c_then_resume_gives_the_bits_of_a_run_without_a_break(nural, small_npz, after):
    options = ("--data", small_npz, "--recipe", "two-layer", "--epochs", 40, "--batch-size", 10)
    nural("train", *options, "--out", "whole", check=0)
    code, errors, _ = interrupted(nural, *options, "--out", "parts", after=after)
    assert code == 2
    assert errors == "nural: stopped by Ctrl-C; go on with: nural train --resume parts\n"
    assert {path.name for path in (nural.folder / "parts").iterdir()} == {"config.json", "checkpoint.safetensors"}
    result = nural("train", "--resume", "parts", check=0)
    assert "resuming two-layer" in result.stdout
    for name in RESULTS:
        assert (nural.folder / "parts" / name).read_bytes() == (nural.folder / "whole" / name).read_bytes(), name


def test_pictures_drawn_before_the_first_step_are_announced(nural, small_npz):
    options = ("--data", small_npz, "--recipe", "best", "--out", "run")
    code, errors, lines = interrupted(nural, *options, after="results go to")
    assert lines[-1] == "200 variants of digits and 405 outliers to learn from are made first\n"
    assert code == 2
    assert errors == "nural: stopped by Ctrl-C; go on with: nural train --resume run\n"


def test_a_rate_that_overflows(nural, small_npz, one_sentence):
    result = nural("train", "--data", small_npz, "--recipe", "walkthrough", "--learning-rate", 1e30, "--out", "run")
    assert re.search(
        r"became (inf|nan) at step \d+ \(epoch 1\).*layer \d, .*the learning rate was 1e\+30", one_sentence(result)
    )
    assert {path.name for path in (nural.folder / "run").iterdir()} == {"config.json", "checkpoint.safetensors"}
    assert load_file(nural.folder / "run" / "checkpoint.safetensors")["params.0.W"].any()


def test_a_run_that_ended_before_its_first_checkpoint_is_resumed_from_the_start(nural, small_npz):
    nural("train", "--data", small_npz, "--epochs", 1, "--out", "whole", check=0)
    nural("train", "--data", small_npz, "--epochs", 1, "--out", "parts", check=0)
    for path in (nural.folder / "parts").iterdir():
        if path.name != "config.json":
            path.unlink()
    nural("train", "--resume", "parts", check=0)
    for name in RESULTS:
        assert (nural.folder / "parts" / name).read_bytes() == (nural.folder / "whole" / name).read_bytes(), name


def test_a_folder_may_have_any_name(nural, small_npz):
    result = nural("train", "--data", small_npz, "--epochs", 1, "--out", "run[/b] [bold]", check=0)
    assert "results go to run[/b] [bold]\n" in result.stdout


def test_somebody_s_file_is_not_overwritten(nural, small_npz, one_sentence):
    (nural.folder / "run").mkdir()
    (nural.folder / "run" / "history.csv").write_text("mine")
    result = nural("train", "--data", small_npz, "--out", "run")
    assert "run: holds a history.csv that would be lost" in one_sentence(result)
    assert (nural.folder / "run" / "history.csv").read_text() == "mine"


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": "0.1"},
        {"learning_rate": None},
        {"data": 5},
        {"pictures": None},
        {"seed": -1},
        {"threads": 0},
        {"threads": "two"},
        {"epochs": 1.0},
    ],
)
def test_a_damaged_configuration(nural, change, one_sentence):
    config = {
        **{"recipe": "mlp", "data": None, "label_column": None, "pictures": "auto", "epochs": 1, "batch_size": 32},
        **{"learning_rate": 0.1, "seed": 0, "threads": 1},
    }
    (nural.folder / "run").mkdir()
    (nural.folder / "run" / "config.json").write_text(json.dumps(config | change))
    assert "config.json: is no configuration of a run" in one_sentence(nural("train", "--resume", "run"))


def test_a_run_is_never_overwritten(nural, small_npz, one_sentence):
    nural("train", "--data", small_npz, "--epochs", 1, "--out", "run", check=0)
    before = (nural.folder / "run" / "model.safetensors").read_bytes()
    result = nural("train", "--data", small_npz, "--epochs", 1, "--seed", 1, "--out", "run")
    assert "run: holds a run already; name another folder, or go on with --resume run" in one_sentence(result)
    assert (nural.folder / "run" / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "missing.pkl.gz"], "missing.pkl.gz"),
        (["--recipe", "nothing"], "there is no recipe 'nothing'; there are mlp, walkthrough, two-layer"),
        (["--learning-rate", "nan"], "--learning-rate must be a number above 0, got nan"),
        (["--learning-rate", "-1"], "--learning-rate must be a number above 0, got -1"),
        (["--threads", "0"], "--threads must be auto or a whole number from 1, got 0"),
        (["--threads", "many"], "--threads must be auto or a whole number from 1, got many"),
        (["--resume", "none"], "none: expected the folder of a run to resume, found no config.json there"),
        (["--resume", "a-file"], "a-file: expected the folder of a run to resume, found a file"),
        (["--out", "a-file"], "a-file: expected a folder to write to, found a file"),
        (["--out", "a-file/run"], "a-file/run: expected a folder to write to, found a file"),
        (["--out", "/proc/nural"], "/proc/nural: No such file or directory"),
        (["--batch-size", "60000"], "--batch-size 60000 is more than the 50000 digits to learn from"),
    ],
)
def test_bad_input_gets_one_sentence_and_writes_nothing(nural, arguments, message, one_sentence):
    (nural.folder / "a-file").write_text("here before")
    assert message in one_sentence(nural("train", *arguments))
    assert [path.name for path in nural.folder.iterdir()] == ["a-file"]
    assert (nural.folder / "a-file").read_text() == "here before"


def test_resume_refuses_what_would_change_the_run(nural, small_npz, one_sentence):
    nural("train", "--data", small_npz, "--epochs", 1, "--out", "run", check=0)
    assert "--epochs 1; it cannot become 2" in one_sentence(nural("train", "--resume", "run", "--epochs", 2))
    assert "leave --out away" in one_sentence(nural("train", "--resume", "run", "--out", "other"))
    nural("train", "--resume", "run", "--epochs", 1, check=0)
    (nural.folder / "run" / "checkpoint.safetensors").write_bytes(b"")
    assert "no safetensors file" in one_sentence(nural("train", "--resume", "run"))
    (nural.folder / "run" / "config.json").write_text("{}")
    assert "config.json: is no configuration of a run" in one_sentence(nural("train", "--resume", "run"))


def test_one_class_is_nothing_to_learn_from(nural, small_npz, one_sentence):
    with np.load(small_npz) as arrays:
        pixels, labels = arrays["x_train"][:70].reshape(70, -1), arrays["y_train"][:70]
    table = np.column_stack([pixels[:, :300], labels, pixels[:, 300:]])
    np.savetxt(nural.folder / "digits.csv", table, "%d", ",")
    sentence = "digits.csv: expected pictures of two classes at least to learn from, found 0 alone"
    assert sentence in one_sentence(nural("train", "--data", "digits.csv", "--label-column", 1))
    result = nural("data", "--data", "digits.csv", "--label-column", 1, "--json", check=0)
    assert sentence in result.stderr
    found = json.loads(
        nural("data", "--data", "digits.csv", "--label-column", 301, "--json", check=0).stdout.split("\n")[0]
    )
    assert found["counts"] == np.bincount(labels[:50], minlength=10).tolist()
