"""The things that are no digits, and what the script says of a model that refuses them or does not."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import nural

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def outliers(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("outliers")


@pytest.fixture
def letters(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("letters")


def test_every_kind_gives_pictures_and_the_same_again(outliers):
    for name, kind in (outliers.KINDS | outliers.APART).items():
        if not outliers.installed(name):
            continue
        x = kind(12, np.random.default_rng(3))
        assert x.shape[1:] == (784,), name
        assert len(x) >= 9, name
        assert x.min() >= 0, name
        assert x.max() <= 1, name
        assert "blank" in name or len(np.unique(x, axis=0)) == len(x), name
        np.testing.assert_array_equal(x, kind(12, np.random.default_rng(3)), name)


def test_every_letter_has_strokes_and_is_drawn_in_another_hand_each_time(letters):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert sorted(letters.LETTERS + letters.LIKE_DIGITS) == sorted(alphabet + alphabet.lower())
    x = letters.drawn("AAZ", np.random.default_rng(0))
    apart = np.abs(x[:, None] - x).sum(axis=2)
    assert 0 < apart[0, 1] < apart[0, 2]


def test_a_smooth_curve_goes_through_its_points(letters):
    points = np.array([[0.0, 0], [1, 2], [3, 1], [4, 4]])
    curve = letters.smooth(points, 8)
    np.testing.assert_allclose(curve[::8], points, atol=1e-12)
    assert np.abs(np.diff(curve, axis=0)).max() < 0.6
    line = np.linspace([0, 0], [3, 6], 4)
    np.testing.assert_allclose(letters.smooth(line, 2), np.linspace([0, 0], [3, 6], 7), atol=1e-12)


def test_shares_are_counted(outliers):
    model = nural.Sequential(nural.Linear(784, 10))
    model.params["0.W"] = np.zeros((784, 10))
    model.params["0.W"][0, 3] = 9  # sure of a 3 where the first pixel is ink
    x = np.zeros((8, 784))
    x[:2, 0] = 1
    found = outliers.judge(model, x, 0.5)
    assert found == {"things": 8, "refused": 0.75, "taken_for": [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]}
    assert outliers.of_each_sign(model, x, "ab", 0.5) == {"a": 0.75, "b": 0.75}


def test_the_script(outliers, monkeypatch, capsys, tmp_path):
    arguments = ["outliers.py", "--count", "12"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--json", "--picture", str(tmp_path / "sheet.png")])
    outliers.main()
    found = json.loads(capsys.readouterr().out)
    assert found["digits_refused"] <= 0.01
    assert set(found["kinds"]) >= {*outliers.APART, "letters, drawn", "blank and nearly blank"}
    assert set(found["signs"]["letters, drawn"]) == set(outliers.LETTERS)
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(sys, "argv", arguments)
    outliers.main()
    text = capsys.readouterr().out
    assert f"threshold {found['threshold']:.4f}" in text
    assert "digits to some readers, not counted:" in text
