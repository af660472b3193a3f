"""How verdicts look in a notebook."""

import re

import numpy as np

import nural.learn


def fc_backward(dy, W, x):
    return x.T @ dy, dy.mean(axis=0), dy @ W.T


def relu_forward(x):
    raise NotImplementedError


def test_the_numbers_that_differ_have_another_ground():
    html = nural.learn.check(fc_backward)._repr_html_()
    yours = html.partition("<i>your db</i>")[2].partition("</table>")[0]
    cells = re.findall(r"rgba\((\d+).*?>(\S+)</td>", yours)
    verdict = nural.learn.check(fc_backward)
    assert verdict.example
    assert [text for _, text in cells] == [f"{number:.4g}" for number in verdict.example.yours]
    differing = [red == "229" for red, _ in cells]
    assert differing == list(~np.isclose(verdict.example.yours, verdict.example.right))


def test_colours_can_be_told_in_light_and_in_dark():
    html = nural.learn.check(fc_backward)._repr_html_()
    assert re.findall(r"(\w+) <span style=\"background:(#\w+);color:#fff[^>]*>(\w+)</span>", html)[-3:] == [
        ("dW", "#1a7f37", "right"),
        ("db", "#c62828", "wrong"),
        ("dx", "#1a7f37", "right"),
    ]


def test_what_is_not_yet_written_has_neither_colour():
    html = nural.learn.check(relu_forward)._repr_html_()
    assert "not yet written" in html
    assert "background" not in html


def test_texts_are_escaped():
    def tanh_forward(x):
        print("<b>here</b>")
        return np.tanh(x)

    html = nural.learn.check(tanh_forward)._repr_html_()
    assert "&lt;b&gt;here" in html
