import threading

import numpy as np
import pytest

SMALL = {
    "layers": [{"type": "linear", "size": 16}, {"type": "relu"}],
    "samples": 500,
    "batch_size": 50,
    "epochs": 3,
    "optimizer": "adam",
    "learning_rate": 0.01,
}
ENDLESS = SMALL | {"epochs": 1000, "samples": 50_000}


def test_before_there_is_a_training(ask):
    assert ask("/api/training").json["state"] == "none"
    assert ask("/api/training/start", {}).error == "there is no training yet"
    assert ask("/api/training/snapshots/0/restore", {}).status == 409


@pytest.fixture
def paused(ask):
    """A small training before its first step."""
    ask("/api/training/pause", {})
    answer = ask("/api/training", SMALL)
    assert answer.status == 200
    return answer.json


def test_one_batch_one_epoch_and_all(ask, paused):
    assert (paused["state"], paused["step"]) == ("paused", 0)
    for order, steps in (("step", 1), ("step", 2), ("epoch", 10), ("epoch", 20)):
        ask(f"/api/training/{order}", {})
        assert ask.until(lambda whole: whole["state"] != "running")["step"] == steps
    ask("/api/training/start", {})
    whole = ask.until(lambda whole: whole["state"] == "finished")
    assert (whole["step"], whole["epoch"]) == (30, 3)
    first, *_, last = whole["measurements"]
    assert last["validation"]["accuracy"] > first["validation"]["accuracy"] + 0.2
    assert ask("/api/training/start", {}).error == "all epochs are over; more of them can be asked for"
    assert ask("/api/training", {"epochs": 4}, method="PATCH").json["state"] == "paused"


def test_one_training_at_a_time(ask, paused):
    ask("/api/training", ENDLESS)
    ask("/api/training/start", {})
    for path, sentence in (
        ("/api/training", "pause it before another begins"),
        ("/api/training/start", "running already"),
    ):
        answer = ask(path, {})
        assert answer.status == 409
        assert sentence in answer.error
    assert ask("/api/training/step", {}).status == 409
    whole = ask("/api/training/pause", {}).json
    assert whole["state"] == "paused"
    assert ask("/api/training").json["step"] == whole["step"]


def test_other_views_see_the_network_in_training_and_its_snapshots(ask, paused, mnist):
    ask("/api/training/epoch", {})
    whole = ask.until(lambda whole: whole["state"] == "paused" and whole["step"] == 10)
    names = [model["name"] for model in ask("/api/models").json]
    assert {"training", *(f"snapshot:{each['step']}" for each in whole["snapshots"])} < set(names)
    pixels = {"pixels": mnist[2][0][0].tolist()}
    live, last, first = (
        ask(f"/api/read?model={name}", pixels).json["probabilities"]
        for name in ("training", "snapshot:10", "snapshot:0")
    )
    assert live == last != first
    pinned = ask("/api/training/pin", pixels).json["measurements"]
    np.testing.assert_allclose(pinned[0]["pinned"], first, rtol=1e-5)
    np.testing.assert_allclose(pinned[-1]["pinned"], last, rtol=1e-5)
    back = ask("/api/training/snapshots/0/restore", {}).json
    assert (back["step"], [each["step"] for each in back["snapshots"]]) == (0, [0])
    assert "snapshot:10" not in [model["name"] for model in ask("/api/models").json]


def test_settings_change_while_it_runs(ask, paused):
    ask("/api/training", ENDLESS)
    ask("/api/training/start", {})
    whole = ask("/api/training", {"learning_rate": 0.5, "batch_size": 20}, method="PATCH").json
    assert (whole["state"], whole["settings"]["batch_size"]) == ("running", 20)
    step = whole["step"]
    assert ask.until(lambda whole: whole["step"] > step + 3)["state"] == "running"
    assert ask("/api/training", {"seed": 3}, method="PATCH").error.startswith(
        "seed cannot change while a training runs"
    )
    assert ask("/api/training", {"batch_size": 0}, method="PATCH").status == 400
    ask("/api/training/pause", {})


def test_a_batch_larger_than_the_digits_is_refused_where_a_shorter_one_is_left_out(ask, paused):
    few = ENDLESS | {"samples": 500}
    ask("/api/training", few | {"drop_last": True})
    ask("/api/training/start", {})
    refused = ask("/api/training", {"batch_size": 1024}, method="PATCH")
    assert refused.error.startswith("no batch of 1024 can be made of 500 digits")
    assert ask("/api/training/pause", {}).json["state"] == "paused"
    assert ask("/api/training", few | {"drop_last": True, "batch_size": 1024}).error == refused.error
    ask("/api/training", few | {"drop_last": False, "batch_size": 1024})
    ask("/api/training/start", {})
    ask.until(lambda whole: whole["step"] > 2)
    assert ask("/api/training/pause", {}).json["state"] == "paused"


def test_a_drawing_is_read_while_a_training_runs(ask, paused):
    ask("/api/training", {"recipe": "cnn-fast"})
    ask("/api/training/start", {})
    for _ in range(20):
        assert ask("/api/read", {"strokes": [[[0.25, 0.2], [0.7, 0.2], [0.45, 0.8]]]}).json["answer"] == 7
    assert ask("/api/training/pause", {}).json["state"] == "paused"


def test_a_training_that_diverges_says_where(ask, paused):
    ask(
        "/api/training",
        SMALL | {"optimizer": "sgd", "learning_rate": 1000, "scale": 100, "momentum": 0.9, "epochs": 1000},
    )
    ask("/api/training/start", {})
    whole = ask.until(lambda whole: whole["state"] != "running")
    assert whole["state"] == "diverged"
    assert "layer" in whole["error"]
    assert ask("/api/training/start", {}).error.startswith("the training has diverged")
    assert ask("/api/training/snapshots/0/restore", {}).json["error"] is None


def test_filters_are_the_first_weights(ask, paused):
    manifest, arrays = ask("/api/training/filters").tensors
    assert (arrays["filters"].shape, manifest["step"]) == ((16, 28, 28), 0)
    ask("/api/training", {"recipe": "cnn-fast"})
    assert ask("/api/training/filters").tensors[1]["filters"].shape == (16, 5, 5)


def test_events_tell_the_latest_and_end_when_nobody_listens(ask, running, paused):
    connection, begun = ask.stream()
    assert b"text/event-stream" in begun
    ask("/api/training/step", {})
    heard = b""
    while b'"step":1,' not in heard:
        heard += connection.recv(65536)
    connection.close()
    gone = threading.Event()
    for _ in range(100):
        if running.app.state.streams.open == 0:
            break
        gone.wait(0.1)
    assert running.app.state.streams.open == 0


def test_streams_are_bounded(ask, running):
    streams = [ask.stream() for _ in range(32)]
    answer = ask("/api/training/events")
    assert (answer.status, answer.error) == (503, "too many pages listen already; close one")
    for connection, _ in streams:
        connection.close()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"recipe": "none"}, "recipe must be one of own, mlp"),
        ({"augmentation": 1.5}, "augmentation must be a number from 0 to 1"),
        ({"augmentation": "affine"}, "augmentation must be a number from 0 to 1"),
        ({"layers": {}}, "layers must be a list"),
        ({"optimizer": "lbfgs"}, "optimizer must be one of sgd, adam"),
        ({"learning_rate": "fast"}, "learning_rate must be a number from 0 to 1000"),
        ({"learning_rate": -1}, "learning_rate must be a number from 0 to 1000"),
        ({"batch_size": 0.5}, "batch_size must be a whole number from 2 to 1024"),
        ({"samples": 10**9}, "samples must be a whole number from 10 to 50000"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"nesterov": 1}, "nesterov and drop_last must be true or false"),
        ({"schedule": None}, "schedule must be one of constant"),
    ],
)
def test_what_a_training_cannot_be_set_to(ask, body, sentence):
    answer = ask("/api/training", body)
    assert answer.status == 400
    assert sentence in answer.error
