"""The functions of a C file that turn outputs into answers, as `nural.predictions` does, and the names of classes."""

import math
from dataclasses import dataclass

from nural.export.answers import Answers

LARGEST_FLOAT = 3.402823466e38
LEAST_FLOAT = 1.175494351e-38
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
    """What a program has of its own for a task.

    Attributes:
        declarations: What the header has: macros are not in it.
        probabilities: The definition of the function that makes probabilities; empty for a regression.
        predict: How that of the function that answers begins.
        answer: What it does when the outputs are there.
        names: The definition of the names of the classes, if they have any.
        limits: What outputs are compared with, if they are.
    """

    declarations: str
    probabilities: str
    predict: str
    answer: str
    names: str
    limits: str


def functions(answers: Answers, prefix: str, inputs: int, shape: str) -> Functions:
    """What the program has for its task.

    Args:
        answers: What the outputs stand for.
        prefix: What its public names begin with.
        inputs: Values of one sample.
        shape: Those of one sample, for people to read.
    """
    outputs, n, channels, kind = word(answers), answers.rows * answers.outputs, answers.outputs, answers.task.kind
    one = answers.rows == 1 and kind in ("multiclass", "binary")
    filled = {"multiclass": "classes", "binary": "classes", "multilabel": "labels"}.get(kind)
    count = n if kind == "multilabel" else answers.rows
    also = "" if one or filled is None else f", int {filled}[{count}]"
    predict = f"{'int' if one else 'void'} {prefix}_predict(const float x[{inputs}], float {outputs}[{n}]{also})"
    places = f" at each of {answers.rows} places" if answers.rows > 1 else ""
    gets = "" if filled is None else f"; {outputs} get the network's outputs"
    declarations = f"/* {ANSWER[kind]} of one sample x, {shape} values{places}{gets}. */\n{predict};\n"
    if filled is None:
        return Functions(declarations, "", predict, "", "", "")
    to = "&answer" if one else filled
    decide = f"largest({outputs}, {to}, {n}, {channels});"
    if kind != "multiclass":
        decide = f"above({outputs}, {to}, {n}, {channels}, limits);"
    answer = f"    int answer;\n    {decide}\n    return answer;" if one else f"    {decide}"
    head = f"void {prefix}_probabilities(const float {outputs}[{n}], float probabilities[{n}])"
    says = (
        f"The probability of {OF_WHAT[kind]}, from the {outputs}: {HOW[answers.apply]}. May write to its own argument."
    )
    make = {"softmax": "softmax", "sigmoid": "sigmoid", "exp": "exponentials", None: "copy"}[answers.apply]
    make += f"({outputs}, probabilities, {n}{f', {channels}' if make == 'softmax' else ''});"
    declarations += f"\n/* {says} */\n{head};\n"
    names = ""
    if answers.names:
        names = f"const char *const {prefix}_classes[{answers.classes}]"
        declarations = f"/* The names of the classes, in UTF-8. */\nextern {names};\n\n{declarations}"
        names += f" = {{{', '.join(map(_text, answers.names))}}};"
    limits = "" if kind == "multiclass" else _limits(answers)
    return Functions(
        declarations, f"/* In floats, to 1e-6. */\n{head}\n{{\n    {make}\n}}\n", predict, answer, names, limits
    )


def word(answers: Answers) -> str:
    """What the outputs are called."""
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
    """A string in C. What is not printed, or would end it, stands in it as bytes in octal numbers."""
    encoded = (c if c.isprintable() and c not in '"\\?' else _octal(c) for c in name)
    return f'"{"".join(encoded)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))
