"""The network, solved: what is right where no framework says it, and whether it is what the framework says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nural.learn.function import REFERENCE
from nural.learn.own_network.answers import RATE, STEPS, Answers, Batch
from nural.learn.own_network.calls import arguments, gradients_of
from nural.learn.own_network.network import Network
from nural.learn.own_network.parts import LAST, Part
from nural.learn.own_network.running import Arrays, copied
from nural.learn.running import NotLoaded


@dataclass(frozen=True)
class Solved:
    """What the functions of `network.py` do when they are solved, done part by part with the reference."""

    network: Network

    def functions(self) -> dict[str, Callable[..., Any]]:
        """All that `layers.py` and `network.py` have, by name."""
        here = {name: getattr(self, name) for name in ("forward", "backward", "predict", "step", "train")}
        return {name: REFERENCE[name] for name in self.network.functions} | here

    def forward(self, values: Arrays, weights: Arrays) -> None:
        """Every value."""
        for part in self.network.parts:
            self._value(part, values, weights)

    def backward(self, gradients: Arrays, values: Arrays, weights: Arrays) -> None:
        """Every gradient."""
        for part in reversed(self.network.parts):
            dy, x = gradients[part.name], values[part.reads]
            if part.is_written_out:
                dx = np.zeros_like(x)
                dx[:, -1 if part.pair == LAST else slice(None)] = dy if part.pair == LAST else dy.reshape(x.shape)
                gradients[part.reads] = dx
                continue
            found = self._called(part, part.backward, values=values, weights=weights, gradients=gradients)
            gradients |= {name: array for name, array in zip(gradients_of(part), found, strict=True) if name}

    def predict(self, x: np.ndarray, weights: Arrays) -> np.ndarray:
        """The output in evaluation."""
        values = {"x": x}
        for part in self.network.parts:
            if part.pair == "dropout":
                values[part.name] = values[part.reads]
            elif part.running is not None:
                (values[part.name],) = self._called(part, "batch_norm_eval_forward", values=values, weights=weights)
            else:
                self._value(part, values, weights)
        return values[self.network.output]

    def step(self, weights: Arrays, values: Arrays, t: np.ndarray, learning_rate: float) -> float:
        """One step of gradient descent."""
        self.forward(values, weights)
        loss, dy = REFERENCE[self.network.loss](values[self.network.output], t)
        gradients = {self.network.output: dy}
        self.backward(gradients, values, weights)
        for name in weights.keys() & gradients.keys():
            weights[name] -= learning_rate * gradients[name]
        for part in self.network.parts:
            if part.running is not None:
                mean, variance = (values[f"{part.name}.{name}"] for name in part.saved)
                n = values[part.reads].size // mean.size
                for name, new in (("mean", mean), ("variance", variance * n / (n - part.correction))):
                    average = weights[f"{part.name}.running_{name}"]
                    average += part.running * (new - average)
        return loss

    def train(self, weights: Arrays, batches: Iterable[tuple[Arrays, np.ndarray]], learning_rate: float) -> list[float]:
        """The losses of the steps."""
        return [self.step(weights, values, t, learning_rate) for values, t in batches]

    def _value(self, part: Part, values: Arrays, weights: Arrays) -> None:
        x = values[part.reads]
        if part.is_written_out:
            values[part.name] = x[:, -1] if part.pair == LAST else x.reshape(len(x), *part.y_shape[1:])
            return
        found = self._called(part, part.forward, values=values, weights=weights)
        values |= dict(zip(part.values, found, strict=True))

    @staticmethod
    def _called(part: Part, function: str, **groups: Arrays) -> tuple[np.ndarray, ...]:
        given = {name: argument.of(**groups) for name, argument in arguments(part, function).items()}
        returned = REFERENCE[function](**given)
        return returned if isinstance(returned, tuple) else (returned,)


def computed(network: Network, weights: Arrays, batch: Batch) -> Answers:
    """What the solved network makes of the batch."""
    solved, values = Solved(network), dict(batch.values)
    solved.forward(values, weights)
    _, dy = REFERENCE[network.loss](values[network.output], batch.t)
    gradients = {network.output: dy}
    solved.backward(gradients, values, weights)
    prediction = solved.predict(batch.values["x"], weights)
    learned = copied(weights)
    losses = [solved.step(learned, copied(batch.values), batch.t, RATE)]
    after_step = copied(learned)
    losses += solved.train(learned, [(copied(batch.values), batch.t)] * (STEPS - 1), RATE)
    given = batch.values.keys() - {"x"}
    values = {name: array for name, array in values.items() if name not in given}
    return Answers(values, gradients, after_step, prediction, np.array(losses))


def with_saved(network: Network, weights: Arrays, batch: Batch, answers: Answers) -> Answers:
    """A model's answers with what forward passes keep for the way back, which the model does not show.

    Raises:
        NotLoaded: What the solved network computes is not what the model does: nobody is to be told a falsehood.
    """
    ours = computed(network, weights, batch)
    pairs = {name: (ours.values[name], right) for name, right in answers.values.items()}
    pairs |= {f"the gradient of {name}": (ours.gradients[name], right) for name, right in answers.gradients.items()}
    pairs |= {f"{name} after a step": (ours.after_step[name], right) for name, right in answers.after_step.items()}
    pairs |= {"the prediction": (ours.prediction, answers.prediction), "the losses": (ours.losses, answers.losses)}
    for name, (found, right) in pairs.items():
        if found.shape != right.shape or not np.allclose(found, right, rtol=1e-7, atol=1e-9):
            raise NotLoaded(
                f"{network.source}: {name} of nural's reference is not that of the model; this is a fault of nural's"
            )
    return replace(answers, values=ours.values | answers.values)
