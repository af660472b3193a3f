"""The settings of a training on the page: a recipe's, or the user's own."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from nural.containers import Sequential
from nural.data.augmentation import Affine, Augmentation, Elastic
from nural.losses import Loss, cross_entropy_loss
from nural.models.recipes import RECIPES, SCHEDULES, Recipe, training_set
from nural.optimizers import SGD, Adadelta, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from nural.schedules import Schedule
from nural.web.architecture import INITIALIZERS, build, listed
from nural.web.body import integer, number, one_of
from nural.web.problem import Problem

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSProp,
    "adagrad": AdaGrad,
    "adadelta": Adadelta,
}
MOST_SAMPLES = 50_000
#: The settings that may change while a training runs.
LIVE = ("learning_rate", "momentum", "weight_decay", "batch_size", "epochs")


@dataclass(frozen=True)
class Settings:
    """All that a training depends on.

    Attributes:
        layers: The layers, as `build` takes them.
        initializer: One of `INITIALIZERS`.
        scale: A factor for the initial weights.
        optimizer: One of `OPTIMIZERS`.
        learning_rate: The largest rate of the schedule.
        schedule: One of `SCHEDULES`.
        momentum: For SGD and RMSProp.
        nesterov: For SGD.
        weight_decay: For all optimizers.
        label_smoothing: For the loss.
        batch_size: Digits per step.
        epochs: Passes over the digits.
        samples: How many digits of MNIST's training set to learn from.
        augmentation: The probability that a digit of a batch is distorted, by `Affine` and `Elastic`.
        variants: How many variants to learn from for each digit; see `nural.data.variants`.
        outliers: How many pictures of no digit to learn from for each digit.
        seed: Of weights and batches.
        drop_last: Whether a shorter last batch is left out.
        recipe: The name of the recipe, or "own".
    """

    layers: tuple[dict[str, Any], ...]
    initializer: str = "he"
    scale: float = 1.0
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    schedule: str = "constant"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    batch_size: int = 64
    epochs: int = 10
    samples: int = MOST_SAMPLES
    augmentation: float = 0.0
    variants: float = 0.0
    outliers: float = 0.0
    seed: int = 0
    drop_last: bool = False
    recipe: str = "own"

    @classmethod
    def of_recipe(cls, recipe: Recipe) -> Self:
        """The settings of a recipe."""
        optimizer = recipe.optimizer(recipe.learning_rate)
        smoothing = recipe.loss.keywords["label_smoothing"] if isinstance(recipe.loss, partial) else 0.0
        return cls(
            layers=tuple(listed(recipe.build(np.random.default_rng(0)))),
            initializer=recipe.initializer,
            scale=recipe.scale,
            optimizer=next(name for name, kind in OPTIMIZERS.items() if type(optimizer) is kind),
            learning_rate=recipe.learning_rate,
            schedule=next(name for name, schedule in SCHEDULES.items() if schedule is recipe.schedule),
            momentum=getattr(optimizer, "momentum", 0.0),
            nesterov=getattr(optimizer, "nesterov", False),
            weight_decay=optimizer.weight_decay,
            label_smoothing=smoothing,
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            drop_last=recipe.drop_last,
            augmentation=recipe.augmentation.probability if recipe.augmentation else 0.0,
            variants=recipe.variants,
            outliers=recipe.outliers,
            recipe=recipe.name,
        )

    @classmethod
    def of_request(cls, body: dict[str, Any]) -> Self:
        """The settings of the recipe that the body names, "mlp" by default, changed by what else the body holds.

        Raises:
            Problem: something is unknown or out of bounds.
        """
        recipe = one_of(body, "recipe", ("own", *RECIPES), "mlp")
        base = cls.of_recipe(RECIPES["mlp" if recipe == "own" else recipe])
        layers = body.get("layers", list(base.layers))
        if not isinstance(layers, list):
            raise Problem("layers must be a list")
        flags = {name: body.get(name, getattr(base, name)) for name in ("nesterov", "drop_last")}
        if not all(isinstance(flag, bool) for flag in flags.values()):
            raise Problem(f"{' and '.join(flags)} must be true or false")
        made = replace(
            base,
            layers=tuple(layers),
            initializer=one_of(body, "initializer", INITIALIZERS, base.initializer),
            scale=number(body, "scale", 0, 100, base.scale),
            optimizer=one_of(body, "optimizer", OPTIMIZERS, base.optimizer),
            schedule=one_of(body, "schedule", SCHEDULES, base.schedule),
            label_smoothing=number(body, "label_smoothing", 0, 0.9, base.label_smoothing),
            samples=integer(body, "samples", 10, MOST_SAMPLES, base.samples),
            augmentation=number(body, "augmentation", 0, 1, base.augmentation),
            variants=number(body, "variants", 0, 1, base.variants),
            outliers=number(body, "outliers", 0, 1, base.outliers),
            seed=integer(body, "seed", 0, 2**32 - 1, base.seed),
            **flags,
        ).changed({name: body[name] for name in LIVE if name in body})
        changed = made if made == replace(base, seed=made.seed) else replace(made, recipe="own")
        changed.build()
        changed.new_optimizer()
        return changed

    def changed(self, body: dict[str, Any]) -> Self:
        """These settings, changed in what may change while a training runs.

        Raises:
            Problem: another setting differs, or a number is out of bounds.
        """
        if other := [name for name in body if name not in LIVE]:
            raise Problem(f"{other[0]} cannot change while a training runs; what can: {', '.join(LIVE)}")
        made = replace(
            self,
            learning_rate=number(body, "learning_rate", 0, 1000, self.learning_rate),
            momentum=number(body, "momentum", 0, 0.999, self.momentum),
            weight_decay=number(body, "weight_decay", 0, 1, self.weight_decay),
            batch_size=integer(body, "batch_size", 2, 1024, self.batch_size),
            epochs=integer(body, "epochs", 1, 1000, self.epochs),
        )
        if made.drop_last and made.batch_size > made.samples:
            raise Problem(
                f"no batch of {made.batch_size} can be made of {made.samples} digits, and a shorter one is left out; "
                "make batch_size smaller"
            )
        return made

    def build(self) -> Sequential:
        """The network with its initial weights."""
        return build(self.layers, self.initializer, self.scale, np.random.default_rng(self.seed))

    def new_optimizer(self) -> Optimizer:
        """The optimizer before its first step."""
        more: dict[str, Any] = {"weight_decay": self.weight_decay}
        if self.optimizer in ("sgd", "rmsprop"):
            more["momentum"] = self.momentum
        if self.optimizer == "sgd":
            more["nesterov"] = self.nesterov and self.momentum > 0
        return OPTIMIZERS[self.optimizer](self.learning_rate, **more)

    def learned_from(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The digits, and variants and outliers if any."""
        return training_set(x, y, self.seed, outliers=self.outliers, variants=self.variants)

    def augment(self) -> Augmentation | None:
        """The augmentation of the digits of each batch."""
        return Augmentation(Affine(), Elastic(), probability=self.augmentation) if self.augmentation else None

    def loss(self) -> Loss:
        """The loss that is minimised."""
        return partial(cross_entropy_loss, label_smoothing=self.label_smoothing)

    def share_of_rate(self, steps: int) -> Schedule:
        """The schedule for a largest rate of 1, given the steps of an epoch."""
        return SCHEDULES[self.schedule](1.0, self.epochs, steps)

    def as_json(self) -> dict[str, Any]:
        """The settings by name."""
        return asdict(self)
