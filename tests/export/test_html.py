"""The page as a file; what it does in a browser is tested in test_html_page.py."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest

import nural
from nural.export import ExportError, export_model
from nural.export.folding import fold_batch_norm
from nural.export.html.packing import seven_bit_text
from nural.export.html.target import LIMIT, fitted_page, meaning_of
from nural.export.steps import steps_of
from nural.task import Task


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "digits.html"
    written = export_model(nural.load_pretrained(), path)
    return path.read_text(encoding="utf-8"), written


def test_it_is_small_and_asks_for_nothing(page):
    text, written = page
    assert len(text.encode()) < LIMIT
    assert 0 < written.largest_difference < 0.5
    without_weights = re.sub(r'id="weights">.*?</script>', "", text, flags=re.DOTALL)
    assert not re.findall(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|WebSocket|import\(|eval\(", without_weights)
    assert re.findall(r'(?:src|href)="([^"]*)"', without_weights) == ["data:,"]


def test_its_policy_names_its_own_style_and_script_by_their_hashes(page):
    text, _ = page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    for kind, tag in (("script", "<script>"), ("style", "<style>")):
        content = text.split(tag)[1].split(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]


def test_its_threshold_is_the_models(page):
    text, _ = page
    network = json.loads(text.split('id="network">')[1].split("</script>")[0])
    assert network["threshold"] == nural.load_pretrained().info["threshold"]


def test_it_knows_what_the_outputs_are(built, tmp_path):
    names = ("</script>", *"bcdefghij")
    for text, task, softmax, word in (
        ("Linear(784, 10), Softmax()", Task("multiclass", names), False, "outputs"),
        ("Linear(784, 10)", Task("multiclass", tuple("0123456789")), True, "logits"),
    ):
        model = built(text)
        model.task = task
        export_model(model, tmp_path / "m.html")
        page = (tmp_path / "m.html").read_text(encoding="utf-8")
        network = json.loads(page.split('id="network">')[1].split("</script>")[0])
        assert (network["softmax"], network["outputs"]) == (softmax, word)
        assert network["names"] == (None if softmax else list(names))


def test_seven_bit_text_comes_through_html(rng):
    content = rng.integers(0, 256, 10_001, dtype=np.uint8).tobytes()
    text = seven_bit_text(content)
    assert not {"\0", "\r", "<"} & set(text)
    bits = np.unpackbits(np.array([ord(c) & 127 for c in text], np.uint8).reshape(-1, 1), axis=1)[:, 1:]
    assert np.packbits(bits.ravel()).tobytes()[: len(content)] == content
    assert len(text.encode()) < 1.18 * len(content)


def test_a_network_too_large_for_8_bits_gets_fewer(tmp_path):
    model = nural.Sequential(nural.Linear(784, 300), nural.ReLU(), nural.Linear(300, 10), rng=np.random.default_rng(0))
    steps = fold_batch_norm(steps_of(model, (784,)))
    page = fitted_page(steps, meaning_of(model, (10,), tmp_path), tmp_path / "page.html", (784,))
    assert page.largest < 127
    assert 0.95 * LIMIT < len(page.content) <= LIMIT
    assert (np.unique(page.steps[0].layer.params["W"][:, 0]).size) <= 2 * page.largest + 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Linear(784, 900), ReLU(), Linear(900, 10)",
            r"m.html: the page would have \d{3},\d{3} bytes even with weights",
        ),
        (
            "Linear(20, 10)",
            r"m.html: expected a network that takes the 784 pixels of a digit, found one of \(20,\)",
        ),
        (
            "Linear(784, 3)",
            r"of which a model has an output each; this one answers with multiclass outputs .*3",
        ),
        (
            "LayerNorm(784), Linear(784, 10)",
            r"m.html: cannot express layer 0, LayerNorm\(.*\), as HTML: there is no fun",
        ),
    ],
)
def test_refusals(built, tmp_path, text, message):
    with pytest.raises(ExportError, match=message):
        export_model(built(text), tmp_path / "m.html")
    assert not list(tmp_path.iterdir())


def test_a_threshold_that_is_none_is_refused(built, tmp_path):
    model = built("Linear(784, 10)")
    model.info["threshold"] = "high"
    with pytest.raises(ExportError, match=r"m.html: expected a threshold from 0 to 1 .* found 'high'"):
        export_model(model, tmp_path / "m.html")
