"""What `nural train` says before a training."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from nural.cli.run import RunConfig, say, shown
from nural.containers import Sequential
from nural.data import DataSets
from nural.data.data_error import listed
from nural.models.recipes import RECIPES, added_pictures
from nural.parallel.ranks import Ranks
from nural.parallel.threads import choose_threads


def announce(
    console: Console, verb: str, config: RunConfig, model: Sequential, sets: DataSets, folder: Path, ranks: Ranks
) -> None:
    """Print what is about to be trained, on which data, and where the results go."""
    recipe = RECIPES[config.recipe].suited(sets)
    rows = max(1, config.batch_size // ranks.size)
    threads = str(choose_threads(config.threads, model, sets.training[0], rows, ranks.cores()))
    if config.threads == "auto":
        threads += " (auto)"
    if ranks.size > 1:
        threads += f", on each of {ranks.size} ranks"
    say(console, f"{verb} {config.recipe}: {recipe.described(model)}", style="bold")
    say(
        console,
        f"{recipe.training}; {config.epochs} epochs, batch {config.batch_size}, "
        f"learning rate {config.learning_rate:g}, seed {config.seed}",
    )
    say(console, f"threads: {threads}")
    learn, validate, test = (len(y) for _, y in (sets.training, sets.validation, sets.test))
    say(console, f"{learn:,} {sets.what} to learn from, {validate:,} to validate, {test:,} to test")
    for line in _about_pictures(config, sets):
        say(console, line)
    if recipe.variants or recipe.outliers:
        variants, outliers = added_pictures(learn, outliers=recipe.outliers, variants=recipe.variants)
        say(console, f"{variants:,} variants of digits and {outliers:,} outliers to learn from are made first")
    say(console, f"results go to {shown(folder)}")


def _about_pictures(config: RunConfig, sets: DataSets) -> Iterator[str]:
    """Which classes there are, how pictures are prepared, and what the recipe has for digits alone."""
    if not sets.digits:
        yield f"classes: {listed(sets.names)}"
    if sets.preparation.kind == "as is":
        yield f"pictures are kept as they are: {sets.preparation}"
    elif config.data is not None:
        yield f"pictures have the form of MNIST's digits, which `nural prepare` gives: {sets.preparation}"
    whole, used = RECIPES[config.recipe], RECIPES[config.recipe].suited(sets)
    parts = {"distortion": "augmentation", "variants": "variants", "outliers": "outliers"}
    if left_out := [word for word, name in parts.items() if getattr(whole, name) != getattr(used, name)]:
        yield f"without {' and '.join(left_out)}, which {config.recipe} has for digits alone"
