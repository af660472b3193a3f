"""A track: its modules, and the text of each with functions to write or with the solutions."""

import functools
import re
import string
import textwrap
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nural.learn.function import REFERENCE
from nural.learn.showing import array_text
from nural.learn.tracks.exercise import Exercise, exercises
from nural.learn.tracks.words import WORDS
from nural.learn.tracks.wrapping import width_of, wrapped

#: The loop of a track, and the same network from PyTorch's modules.
TRAIN, TWIN = "train.py", "in_pytorch.py"
#: What trains, with the functions of train.py: its end, and the notebook's.
LOOP = """\
from nural.data import load_mnist_datasets

(x, labels), _, (x_test, labels_test) = load_mnist_datasets()
t, t_test = targets(labels), targets(labels_test)
rng = np.random.default_rng(0)
weights = initial_weights(rng)
for number, loss in enumerate(train(weights, x, t, rng), 1):
    if number % 500 == 0:
        print(f"{number:6}  {loss:.4f}", flush=True)
print(f"{accuracy(weights, x_test, t_test):.2%}")
"""
#: The track of a learner's own network, whose exercises are written in its folder.
OWN = "your-own"
#: What tries train.py's experiments, where it has some.
EXPERIMENTS = """\
from nural.data import load_mnist_datasets

(x, labels), (x_val, labels_val), _ = load_mnist_datasets()
x_val, labels_val = x_val[:2000], labels_val[:2000]
for function, steps, without, change in experiments():
    print(f"\\n{function}: without → with")
    settings = without, {**without, **change}
    runs = [experiment(each, steps, x, labels, x_val, labels_val) for each in settings]
    for (number, *before), (_, *after) in zip(*runs):
        losses, shares = f"{before[0]:.4f} → {after[0]:.4f}", f"{before[1]:.2%} → {after[1]:.2%}"
        print(f"{number:6}  loss {losses}  accuracy {shares}")

"""
#: In the order of learning.
NAMES = "dnn", "two-layer", "cnn", "training", "sequence"


@dataclass(frozen=True)
class Module:
    """A file of a track.

    Attributes:
        file: Its name.
        exercises: The functions to write, in order.
        given: Code that stands there already, in front of the exercises; $name stands for a text of `words`.
        words: The docstring, and what `given` asks for, in each language.
    """

    file: str
    words: dict[str, dict[str, str]]
    exercises: tuple[Exercise, ...] = ()
    given: str = ""

    @property
    def name(self) -> str:
        """Its name when it is imported."""
        return self.file.removesuffix(".py")

    @property
    def loops(self) -> tuple[str, ...]:
        """What trains, with the functions of a train.py: the experiments, where it has some, and the network."""
        return (EXPERIMENTS, LOOP) if "def experiments():" in self.given else (LOOP,)

    def given_text(self, language: str) -> str:
        """The code that stands there already."""
        text = string.Template(self.given).substitute(self.words[language]).strip("\n")
        return "\n".join(line for long in text.split("\n") for line in _short(long))

    def text(self, language: str, solved: bool = False) -> str:
        """The whole file, with the solutions or with functions to write."""
        imports = ["import numpy as np"] if self.exercises else []
        if solved and (names := self._needed()):
            imports.append(f"from nural.reference import {', '.join(names)}")
        given = self.given_text(language)
        if self.file == TRAIN:
            given += f'\n\n\nif __name__ == "__main__":\n{textwrap.indent("".join(self.loops), "    ")}'
        parts = [as_docstring(self.words[language]["docstring"]), "\n".join(imports), given]
        text = "\n\n".join(part for part in parts if part) + "\n"
        for exercise in self.exercises:
            code = exercise.solved() if solved else skeleton(exercise, language)
            text += "\n" + textwrap.indent(code, "    ") if exercise.is_method else f"\n\n{code}"
        return text

    def _needed(self) -> list[str]:
        """The functions of the reference that the solutions call and that the file does not have or import."""
        here = {exercise.function for exercise in self.exercises} | set(re.findall(r"\w+", self.given))
        return sorted({name for exercise in self.exercises for name in exercise.calls()} & REFERENCE.keys() - here)


@dataclass(frozen=True)
class Track:
    """Modules to write, in the order of learning.

    Attributes:
        name: As the command takes it.
        goal: The accuracy on MNIST's test set that the network is to reach.
        words: Title and introduction in each language.
        modules: The files.
    """

    name: str
    goal: float
    words: dict[str, dict[str, str]]
    modules: tuple[Module, ...]

    @property
    def files(self) -> list[str]:
        """The files in which there is something to write."""
        return [module.file for module in self.modules if module.exercises]

    @property
    def exercises(self) -> list[Exercise]:
        """All of them, in order."""
        return [exercise for module in self.modules for exercise in module.exercises]


@functools.cache
def track(name: str) -> Track:
    """The track of this name, one of `available`."""
    table = tomllib.loads(files("nural.learn.tracks").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    words = {language: table[language] for language in WORDS}
    return Track(name, table["goal"], words, tuple(_module(entry) for entry in table["modules"]))


def available() -> list[str]:
    """The names of the tracks that are there."""
    return [name for name in NAMES if files("nural.learn.tracks").joinpath(f"{name}.toml").is_file()]


def _module(entry: dict[str, Any]) -> Module:
    known = exercises()
    return Module(
        entry["file"],
        {language: entry[language] for language in WORDS},
        tuple(known[name] for name in entry.get("exercises", ())),
        entry.get("given", ""),
    )


def skeleton(exercise: Exercise, language: str) -> str:
    """The def line, the task as a docstring, and a body that is not yet written."""
    unwritten = WORDS[language]["unwritten function"].format(function=exercise.title)
    docstring = textwrap.indent("\n".join(docstring_lines(exercise, language)), "    ", lambda line: bool(line.strip()))
    return (
        f'def {exercise.function}({exercise.arguments}):\n    """{docstring.lstrip()}\n    """\n'
        f'    raise NotImplementedError("{unwritten}")\n'
    )


def docstring_lines(exercise: Exercise, language: str) -> list[str]:
    """Task, shapes, PyTorch's module and the example."""
    words, width = WORDS[language], 71
    lines = [*wrapped(exercise.words[language]["task"], width), ""]
    for label, text in ((words["shapes"], exercise.shapes), ("PyTorch", exercise.module)):
        if text:
            first, *rest = wrapped(text, width - width_of(label) - 2)
            lines += [f"{label}{words[':']}{first}", *(" " * (width_of(label) + 2) + line for line in rest)]
    if exercise.example:
        lines += [f"{words['example']}{words[':']}".rstrip(), *(f"    {line}" for line in example_lines(exercise))]
    return lines


def example_lines(exercise: Exercise) -> list[str]:
    """Arguments and results, a line each; an array of several rows that is too wide has a line a row."""
    given = [line for name, value in exercise.example.items() for line in _assigned(name, value, "")]
    results = [line for name, value in exercise.results_of_example().items() for line in _assigned(name, value, "→ ")]
    return given + results


def _assigned(name: str, value: Any, mark: str) -> list[str]:
    if isinstance(value, dict):
        name = "self.params" if name == "self" else name
        return [line for key, each in value.items() for line in _assigned(f'{name}["{key}"]', each, mark)]
    text = f"{mark}{name} = {array_text(value)}"
    return [text] if len(text) <= 67 else text.replace("], [", "],\n" + " " * text.index("[[") + " [").split("\n")


def _short(line: str) -> list[str]:
    """A line of code; a docstring or a comment that is too long for one line is on several."""
    indent, mark, text = re.fullmatch(r'(\s*)(# |""")?(.*)', line).groups()  # type: ignore[union-attr]
    if not mark or width_of(line) <= 88:
        return [line]
    before, after = (mark, []) if mark == "# " else ("", [f'{indent}"""'])
    lines = wrapped(f"{'' if before else mark}{text.removesuffix(mark)}", 84 - len(indent))
    return [*(f"{indent}{before}{each}" for each in lines), *after]


def as_docstring(text: str) -> str:
    """A module's docstring, on lines of 79 columns."""
    lines = wrapped(f'"""{text}')
    end = '"""' if len(lines) == 1 and width_of(lines[0]) <= 76 else '\n"""'
    return "\n".join(lines) + end
