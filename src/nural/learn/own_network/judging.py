"""A learner's folder is judged: each function of `layers.py`, and what `network.py` makes of them."""

import contextlib
import io
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from nural.learn.calling import sentence_of
from nural.learn.checking import check_file
from nural.learn.comparing import ratio, same
from nural.learn.finding import loaded
from nural.learn.mistakes.explanations import of_ratio
from nural.learn.own_network.answers import RATE, Answers, Batch
from nural.learn.own_network.diagnosis import Diagnosis, Reason, Right
from nural.learn.own_network.folder import opened, solved_functions
from nural.learn.own_network.network import BLANKS, Network
from nural.learn.own_network.parts import Part
from nural.learn.own_network.recording import record
from nural.learn.own_network.ties import differs_only_at_ties
from nural.learn.partly import partly
from nural.learn.running import SECONDS, NotLoaded, elsewhere, expect
from nural.learn.verdict import Verdict, Verdicts

Arrays = dict[str, np.ndarray]
TORCH = "the module's own"


def check_network(folder: Path, seconds: float = SECONDS) -> Verdicts:
    """The verdicts on every function of a folder that `nural learn from-torch` wrote.

    Raises:
        NotLoaded: A file is missing, or cannot be run; the message is one sentence.
    """
    network, weights, batch, answers = opened(folder)
    functions = [v for v in check_file(folder / "layers.py", seconds=seconds) if v.function in network.functions]
    judge = Judge(network, weights, batch, answers, {v.function: v.mistake for v in functions if not v.right})
    found: list[Verdict] = []
    with elsewhere(judge.work, folder) as receive:
        loading = expect(receive, seconds, "network.py runs for more than {} s when it is imported")
        if loading:
            raise NotLoaded(loading)
        for name in BLANKS:
            verdict = expect(receive, seconds, "is still running after {} s: is there a loop that does not end?")
            if isinstance(verdict, str):
                found.append(Verdict(name, False, {name: "missing"}, None, verdict, kind=name))
                break
            found.append(verdict)
    return Verdicts([*functions, *found])


@dataclass(frozen=True)
class Run:
    """What came of a call of one of the learner's functions.

    Attributes:
        returned: What it returned.
        error: The exception in one sentence, with the learner's line.
        unwritten: The function that is not yet written, if that was it.
    """

    returned: Any = None
    error: str = ""
    unwritten: str = ""


@dataclass(frozen=True)
class Judge:
    """Judges the functions of `network.py`.

    Attributes:
        network: What they are to compute.
        weights: Its arrays.
        batch: What they are tried on.
        answers: What is right there.
        wrong: The functions of `layers.py` that are wrong, and the names of their mistakes.
    """

    network: Network
    weights: Arrays
    batch: Batch
    answers: Answers
    wrong: Mapping[str, str | None]

    def work(self, folder: Path, send: Callable[[Any], None]) -> None:
        """What happens in the other process: the file is run, and each function is judged."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("layers", "network"):
                sys.modules.pop(name, None)
            sys.path.insert(0, str(folder.resolve()))
            try:
                module = loaded(folder / "network.py")
            except NotLoaded as error:
                return send(str(error))
            finally:
                sys.path.remove(str(folder.resolve()))
            send("")
            for name in BLANKS:
                send(self._judged(name, module))
        return None

    def _judged(self, name: str, module: ModuleType) -> Verdict:
        function = getattr(module, name, None)
        if not callable(function):
            return self._missing(name, f"network.py has no function {name}")
        return getattr(self, f"_{name}")(function, module)

    # forward, backward: with the learner's own functions

    def _forward(self, f: Callable[..., Any], module: ModuleType) -> Verdict:
        calls = record(module, *_layers(module))
        values, weights = _copied(self.batch.values), _copied(self.weights)
        run = _run(f, values, weights)
        states: dict[str, str] = {}
        diagnosis = Diagnosis(self._right(), calls, self.wrong)
        for part in self.network.parts:
            found, right = _array(values.get(part.name)), self.answers.values[part.name]
            if found is None:
                return self._stopped("forward", states, part.name, run, part.forward)
            if not same(found, right):
                states[part.name] = "wrong"
                reason = diagnosis.of(part, part.forward, values[part.name], right, self.answers.values)
                return self._wrong("forward", states, f'values["{part.name}"]', reason, found, right)
            states[part.name] = "right"
        return self._right_verdict("forward", states, run, weights)

    def _backward(self, f: Callable[..., Any], module: ModuleType) -> Verdict:
        calls = record(module, *_layers(module))
        gradients = {self.network.output: self.answers.gradients[self.network.output].copy()}
        weights = _copied(self.weights)
        run = _run(f, gradients, _copied(self.answers.values), weights)
        states: dict[str, str] = {}
        diagnosis = Diagnosis(self._right(), calls, self.wrong)
        first: tuple[str, Reason, Any, Any] | None = None
        for part in reversed(self.network.parts):
            for name in [*part.arrays, part.reads]:
                found, right = _array(gradients.get(name)), self.answers.gradients[name]
                if found is None:
                    if first:
                        break
                    return self._stopped("backward", states, name, run, part.backward)
                if same(found, right) or self._is_tie(part, name, found):
                    states[name] = "right"
                    continue
                states[name] = "wrong"
                reason = diagnosis.of(part, part.backward, gradients[name], right, self.answers.gradients)
                first = first or (f'gradients["{name}"]', reason, found, right)
            if states.get(part.reads) != "right":
                break
        if first:
            return self._wrong("backward", states, *first)
        return self._right_verdict("backward", states, run, weights)

    def _is_tie(self, part: Part, name: str, found: np.ndarray) -> bool:
        """Whether a max pooling's gradient differs where several are the largest, which each may settle as it likes."""
        if name != part.reads or part.backward in self.wrong:
            return False
        values = self.answers.values
        return differs_only_at_ties(part, values[part.reads], values[part.name], found, self.answers.gradients[name])

    # predict, step, train: with the right functions beneath, so that each is judged by itself

    def _predict(self, f: Callable[..., Any], module: ModuleType) -> Verdict:
        with self._solved(module, "predict"):
            run = _run(f, self.batch.values["x"].copy(), _copied(self.weights))
        found, right = _array(run.returned), self.answers.prediction
        if found is None:
            return self._stopped("predict", {}, "y", run, "")
        if same(found, right):
            return self._right_verdict("predict", {"y": "right"}, run)
        said = partly(found, right)
        if self.network.is_another_in_prediction and same(found, self.answers.values[self.network.output]):
            said = "it is what forward gives in training."
        return self._wrong("predict", {"y": "wrong"}, "y", Reason(f"Here {said}"), found, right)

    def _step(self, f: Callable[..., Any], module: ModuleType) -> Verdict:
        weights = _copied(self.weights)
        with self._solved(module, "step"):
            run = _run(f, weights, _copied(self.batch.values), self.batch.t.copy(), RATE)
        if run.error or run.unwritten:
            return self._stopped("step", {}, "loss", run, "")
        states: dict[str, str] = {}
        loss = _array(run.returned)
        first: tuple[str, Reason, Any, Any] | None = None
        if loss is None or not same(loss, self.answers.losses[0]):
            states["loss"] = "wrong"
            what = (
                "it returns nothing."
                if loss is None
                else f"yours is {loss:.6g}, right is {self.answers.losses[0]:.6g}."
            )
            first = "the loss", Reason(f"Here {what}"), loss, self.answers.losses[0]
        else:
            states["loss"] = "right"
        for name, right in self.answers.after_step.items():
            is_right = same(weights[name], right, 1e-9)
            states[name] = "right" if is_right else "wrong"
            if not is_right and not first:
                first = f'weights["{name}"]', self._of_update(name, weights[name]), weights[name], right
        if first:
            return self._wrong("step", states, *first)
        return self._right_verdict("step", states, run)

    def _of_update(self, name: str, found: np.ndarray) -> Reason:
        before, right = self.weights[name], self.answers.after_step[name]
        if same(found, before, 1e-12):
            return Reason("It is not changed: change it in place.")
        c = ratio(found - before, right - before, 1e-4)
        if c is None:
            return Reason(f"Here {partly(found, right)}")
        names, said = of_ratio(c, ["change"])
        return Reason(said or f"It changes by {c:.6g} times what it should.", names[0] if names else None)

    def _train(self, f: Callable[..., Any], module: ModuleType) -> Verdict:
        count = len(self.answers.losses)
        batches = ((_copied(self.batch.values), self.batch.t.copy()) for _ in range(count))
        with self._solved(module, "train"):
            run = _run(lambda *args: _as_list(f(*args)), _copied(self.weights), batches, RATE)
        found, right = _array(run.returned), self.answers.losses
        if found is None:
            return self._stopped("train", {}, "losses", run, "")
        if same(found, right, 1e-9):
            return self._right_verdict("train", {"losses": "right"}, run)
        said = f"Of {count} batches there should be {count} losses, {partly(found, right)}"
        return self._wrong("train", {"losses": "wrong"}, "the losses", Reason(said), found, right)

    @contextlib.contextmanager
    def _solved(self, module: ModuleType, name: str) -> Iterator[None]:
        """All functions but this one are the right ones meanwhile."""
        solved = solved_functions(self.network)
        solved = {key: f for key, f in solved.items() if key != name and not key.startswith("__")}
        before = dict(vars(module))
        vars(module).update(solved)
        try:
            yield
        finally:
            vars(module).update(before)

    def _right(self) -> Right:
        return Right(self.answers.values, self.answers.gradients, self.weights)

    # what is said

    def _stopped(self, name: str, states: dict[str, str], where: str, run: Run, function: str) -> Verdict:
        """An array is not there: not yet written, or an exception came before, or it was forgotten."""
        so_far = f"{', '.join(states)} right; " if states else ""
        if run.unwritten:
            own = run.unwritten == name
            said = f"not yet written from {where} on" if own and states else "not yet written"
            said = said if own else f"waits for {run.unwritten}, which is not yet written"
            return Verdict(name, False, {**states, where: "unwritten"}, None, f"{so_far}{said}", kind=name)
        states = {**states, where: "missing"}
        if run.error:
            wrong = f" {function} is wrong: see there." if function in self.wrong else ""
            mistake = self.wrong.get(function)
            said = f"{where}: it raises an exception: {run.error}.{wrong}"
            return Verdict(name, False, states, mistake, said, kind=name, mistakes=(mistake,) if mistake else ())
        missing = {"forward": f'values["{where}"]', "backward": f'gradients["{where}"]'}.get(name, where)
        return self._missing(name, f"{missing} is missing", states)

    def _missing(self, name: str, said: str, states: dict[str, str] | None = None) -> Verdict:
        return Verdict(name, False, states or {name: "missing"}, None, f"{said}.", kind=name)

    def _wrong(self, name: str, states: dict[str, str], what: str, reason: Reason, found: Any, right: Any) -> Verdict:
        where = f"{what}, of {reason.function}," if reason.function else what
        said = f"{where} is the first that is not {TORCH}. {reason.said}"
        mistakes = (reason.mistake,) if reason.mistake else ()
        return Verdict(name, False, states, reason.mistake, said, kind=name, mistakes=mistakes)

    def _right_verdict(self, name: str, states: dict[str, str], run: Run, weights: Arrays | None = None) -> Verdict:
        if run.error:
            return Verdict(name, False, states, None, f"All is right, and then {run.error}.", kind=name)
        changed = [key for key, array in (weights or {}).items() if not np.array_equal(array, self.weights[key])]
        if changed:
            said = f'All is right, but weights["{changed[0]}"] is another array afterwards: only step may change it.'
            return Verdict(name, False, states, "input-changed", said, kind=name, mistakes=("input-changed",))
        return Verdict(name, True, states, kind=name, torch=TORCH, cases=len(states))


def _run(f: Callable[..., Any], *args: Any) -> Run:
    try:
        with np.errstate(all="ignore"):
            return Run(f(*args))
    except NotImplementedError as error:
        return Run(unwritten=traceback.extract_tb(error.__traceback__)[-1].name)
    except Exception as error:
        return Run(error=sentence_of(error))


def _copied(arrays: Mapping[str, np.ndarray]) -> Arrays:
    return {name: array.copy() for name, array in arrays.items()}


def _array(value: Any) -> Any:
    """A result as numbers, or None if it is none."""
    if value is None:
        return None
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return None
    return array


def _as_list(returned: Any) -> Any:
    """The losses, which may come one by one."""
    if returned is None:
        return None
    return list(returned) if np.ndim(returned) or hasattr(returned, "__next__") else [returned]


def _layers(module: ModuleType) -> list[ModuleType]:
    return [value for value in vars(module).values() if isinstance(value, ModuleType) and value.__name__ == "layers"]
