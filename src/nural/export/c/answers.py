"""The functions of a C file that turn outputs into answers, as `nural.predictions` does, and the names of classes."""

import math
from dataclasses import dataclass

from nural.export.answers import Answers

LARGEST_FLOAT = 3.402823466e38
HOW = {"softmax": "e^x / the sum of e^x", "sigmoid": "1 / (1 + e^-x)", "exp": "e^x", None: "which are that already"}
OF_WHAT = {"multiclass": "each class", "binary": "the second class", "multilabel": "each label"}
ANSWER = {
    "multiclass": "The most probable class",
    "binary": "The class, 0 or 1,",
    "multilabel": "1 or 0 for each label",
    "regression": "The values",
}


@dataclass(frozen=True)
class Functions:
    """The functions and constants of a program for a task.

    Attributes:
        declarations: The declarations of the header, without macros.
        probabilities: The definition of the function that makes probabilities; empty for a regression.
        predict: The head of the function that answers.
        answer: What that function does when the outputs are computed.
        names: The definition of the names of the classes, if they have any.
        limits: The numbers that outputs are compared with, if any.
    """

    declarations: str
    probabilities: str
    predict: str
    answer: str
    names: str
    limits: str


def functions(answers: Answers, prefix: str, inputs: int, shape: str) -> Functions:
    """The functions and constants for the task of a network.

    Args:
        answers: What the outputs stand for.
        prefix: The prefix of public names.
        inputs: The number of values of one sample.
        shape: The shape of one sample, as text.
    """
    outputs, n, channels, kind = word(answers), answers.rows * answers.outputs, answers.outputs, answers.task.kind
    sample = f"one sample x, {shape} values" + (f", at each of {answers.rows} places" if answers.rows > 1 else "")
    gets = f"const float x[{inputs}], float {outputs}[{n}]"
    if kind == "regression":
        predict = f"void {prefix}_predict({gets})"
        return Functions(f"/* {ANSWER[kind]} of {sample}. */\n{predict};\n", "", predict, "", "", "")
    returned = answers.rows == 1 and kind != "multilabel"
    filled, count = ("labels", n) if kind == "multilabel" else ("classes", answers.rows)
    predict = f"int {prefix}_predict({gets})" if returned else f"void {prefix}_predict({gets}, int {filled}[{count}])"
    arguments = f"{outputs}, {'&answer' if returned else filled}, {n}, {channels}"
    decide = f"largest({arguments});" if kind == "multiclass" else f"above({arguments}, limits);"
    declared, probabilities = _probabilities(answers, prefix)
    names = f"const char *const {prefix}_classes[{answers.classes}]" if answers.names else ""
    declarations = f"/* The names of the classes, in UTF-8. */\nextern {names};\n\n" if names else ""
    declarations += f"/* {ANSWER[kind]} of {sample}; {outputs} get the network's outputs. */\n{predict};\n\n{declared}"
    return Functions(
        declarations,
        probabilities,
        predict,
        f"    int answer;\n    {decide}\n    return answer;" if returned else f"    {decide}",
        f"{names} = {{{', '.join(map(_text, answers.names))}}};" if answers.names else "",
        "" if kind == "multiclass" else _limits(answers),
    )


def _probabilities(answers: Answers, prefix: str) -> tuple[str, str]:
    """The declaration and the definition of the function that makes probabilities of the outputs."""
    outputs, n = word(answers), answers.rows * answers.outputs
    head = f"void {prefix}_probabilities(const float {outputs}[{n}], float probabilities[{n}])"
    what = f"The probability of {OF_WHAT[answers.task.kind]}, from the {outputs}: {HOW[answers.apply]}."
    function = {"exp": "exponentials", None: "copy"}.get(answers.apply, answers.apply)
    channels = f", {answers.outputs}" if answers.apply == "softmax" else ""
    body = f"    {function}({outputs}, probabilities, {n}{channels});"
    return (
        f"/* {what} May write to its own argument. */\n{head};\n",
        f"/* In floats, to 1e-6. */\n{head}\n{{\n{body}\n}}\n",
    )


def word(answers: Answers) -> str:
    """The word for the outputs."""
    return "values" if answers.task.kind == "regression" else answers.word


def _limits(answers: Answers) -> str:
    """The outputs whose probabilities are the thresholds."""
    values = [f"{_output_of(answers, p):.9e}f" for p in answers.thresholds]
    return f"static const float limits[{len(values)}] = {{{', '.join(values)}}};"


def _output_of(answers: Answers, p: float) -> float:
    if answers.apply is None:
        return p
    odds = p / (1 - p) if answers.apply == "sigmoid" and p < 1 else p
    if answers.apply == "sigmoid" and p == 1:
        return LARGEST_FLOAT
    return math.log(odds) if odds > 0 else -LARGEST_FLOAT


def _text(name: str) -> str:
    """A string in C. Characters that are not printable, or would end it, are written as octal bytes."""
    encoded = (c if c.isprintable() and c not in '"\\?' else _octal(c) for c in name)
    return f'"{"".join(encoded)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))
