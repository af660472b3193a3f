"""An exercise: a function to write, what is said of it, and its solution."""

import ast
import copy
import functools
import inspect
import textwrap
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import numpy as np

from nural.learn.function import REFERENCE
from nural.learn.functions import KINDS

#: What stands in a table of an exercise for arguments that are no numbers.
NAMED: dict[str, Callable[[], Any]] = {
    "Σ W²": lambda: lambda W: np.sum(W**2),
    "rng": lambda: np.random.default_rng(0),
    "(1, 2, 3, 1)": lambda: (1, 2, 3, 1),
    "(2, 3)": lambda: (2, 3),
}


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    Attributes:
        name: As the checker knows it: "fc_forward"; behind a track where it is of this track alone, "dnn/forward";
            with its class if it is a method, "two-layer/TwoLayerNet.predict".
        arguments: What stands in the brackets of its def line.
        words: The task and the question that is the first hint, in each language.
        module: What it is in PyTorch.
        shapes: Of its arguments and results.
        formula: The second hint; `words` may have another for a language.
        line: The last hint: the line or lines of the solution that matter.
        example: Arguments by name: small whole numbers.
        results: The names of what it returns, where the checker has others.
        whole: The arguments that stay whole numbers, such as labels.
        solution: Its text, if it is not that of `nural.reference`.
    """

    name: str
    arguments: str
    words: dict[str, dict[str, str]]
    module: str = ""
    shapes: str = ""
    formula: str = ""
    line: str = ""
    example: dict[str, Any] = field(default_factory=dict)
    results: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    solution: str = ""

    @property
    def title(self) -> str:
        """What the learner calls it: "forward", "TwoLayerNet.predict"."""
        return self.name.rpartition("/")[2]

    @property
    def function(self) -> str:
        """The name in its def line."""
        return self.title.rpartition(".")[2]

    @property
    def is_method(self) -> bool:
        """Whether it belongs to a class."""
        return "." in self.title

    def solved(self) -> str:
        """The text of the solution: a def line as the learner has it, and the body of the reference."""
        if self.solution:
            return self.solution.strip() + "\n"
        source = textwrap.dedent(inspect.getsource(REFERENCE[self.name]))
        first = ast.parse(source).body[0].body[1].lineno  # type: ignore[attr-defined]  # behind the docstring
        body = "".join(source.splitlines(keepends=True)[first - 1 :])
        return f"def {self.function}({self.arguments}):\n{body}"

    def calls(self) -> set[str]:
        """The names that stand in the solution, and those of methods, with their class."""
        nodes = list(ast.walk(ast.parse(self.solved())))
        methods = {node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"}
        of_class = {f"{self.title.rpartition('.')[0]}.{name}" for name in methods}
        return {node.id for node in nodes if isinstance(node, ast.Name)} | of_class

    def arguments_of_example(self) -> dict[str, Any]:
        """The example's arguments as arrays."""
        return {name: self._value(name, value) for name, value in self.example.items()}

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return np.array(value) if name in self.whole else np.array(value, float)
        if isinstance(value, dict):
            return {key: self._value(key, each) for key, each in value.items()}
        return NAMED[value]() if isinstance(value, str) and value in NAMED else value

    def results_of_example(self) -> dict[str, Any]:
        """What the solution returns for the example, by name; of an update, the arguments that it changed."""
        namespace: dict[str, Any] = {"np": np, **REFERENCE}
        called = [each for each in exercises().values() if each.title in self.calls()]
        for exercise in (*called, self):  # solutions call one another
            exec(exercise.solved(), namespace)
        before = self.arguments_of_example()
        if self.is_method:
            before["self"] = SimpleNamespace(params=before["self"])
        after = copy.deepcopy(before)
        returned = namespace[self.function](**after)
        if returned is None:
            return {name: after[name] for name in before if np.any(before[name] != after[name])}
        if isinstance(returned, dict):
            return returned
        names = self.results or KINDS[self.name].results
        return dict(zip(names, returned if isinstance(returned, tuple) else (returned,), strict=False))


@functools.cache
def exercises() -> dict[str, Exercise]:
    """All exercises by name."""
    found: dict[str, Exercise] = {}
    for file in sorted(files("nural.learn.tracks").joinpath("exercises").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
                assert name not in found, f"{name} stands in two files"
                found[name] = _of_table(name, table)
    return found


def _of_table(name: str, table: dict[str, Any]) -> Exercise:
    words = {language: table.pop(language) for language in ("en", "zh")}
    several = {key: tuple(table.pop(key, ())) for key in ("results", "whole")}
    return Exercise(name=name, words=words, **several, **table)
