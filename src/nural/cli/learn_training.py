"""What `nural learn train` prints: two losses side by side, then a training to the goal."""

import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nural.cli.learn_overview import say
from nural.learn.own_network.training import OwnTraining
from nural.learn.tracks.folder import Started
from nural.learn.tracks.track import OWN, TRAIN
from nural.learn.tracks.training import Training, equal
from nural.learn.tracks.wrapping import padded

#: Steps whose losses are compared, and printed.
COMPARED, PRINTED = 20, 10
#: Digits to learn from: all there are.
IMAGES = 50_000
#: Steps after which it is said how long all of them take.
TIMED = 20


def trained(started: Started) -> bool:
    """Compare, then learn; whether the losses are equal and the goal is reached."""
    if started.track.name == OWN:
        own = OwnTraining(started)
        return _beside(own, own.count) and _run(started.folder / TRAIN)
    training = Training(started, IMAGES)
    difference = training.proof()
    if difference is not None:
        say(started.words["proof"].format(difference=difference))
    if not _beside(training, COMPARED):
        return False
    _try(training)
    _learn(training)
    accuracy, goal = training.accuracy(2), started.track.goal
    started.trained = accuracy
    started.save()
    say(started.words["reached" if accuracy >= goal else "missed"].format(accuracy=accuracy, goal=goal))
    return accuracy >= goal


def _run(file: Path) -> bool:
    """Whether the learner's own train.py ends well."""
    return subprocess.run([sys.executable, file.name], cwd=file.parent).returncode == 0


def _beside(training: Training | OwnTraining, count: int) -> bool:
    words = training.started.words
    other = training.other or words["reference"]
    say(words["beside"].format(other=other))
    head = words["step"], words["yours"], other, words["difference"]
    print("  ".join(padded(text, width) for text, width in zip(head, (4, 18, 18, 10), strict=True)).rstrip())
    for step, (mine, theirs) in enumerate(training.beside(count), 1):
        alike = equal(mine, theirs)
        if step <= PRINTED or not alike:
            print(f"{step:>4}  {mine:<18.14f}  {theirs:<18.14f}  {abs(mine - theirs):.1e}")
        if not alike:
            say(words["differs"].format(step=step))
            function = training.culprit(step)
            say(words["culprit"].format(function=function) if function else words["no culprit"])
            return False
    say(words["equal"].format(count=count))
    return True


def _try(training: Training) -> None:
    """Small networks without a function and with it, side by side."""
    words, width = training.started.words, 12
    for function, shows, rows in training.experiments():
        say()
        say(function, style="bold")
        say(shows)
        columns = words["step"], *2 * (words["without"], words["with"])
        print(f"{'':4}  {padded(words['loss'], 2 * width)}{words['accuracy']}")
        print("  ".join((padded(columns[0], 4), "".join(padded(text, width) for text in columns[1:]))).rstrip())
        for step, (loss, accuracy), (other_loss, other_accuracy) in rows:
            texts = f"{loss:.4f}", f"{other_loss:.4f}", f"{accuracy:.2%}", f"{other_accuracy:.2%}"
            print(f"{step:>4}  " + "".join(f"{text:<{width}}" for text in texts).rstrip(), flush=True)
    say()


def _learn(training: Training) -> None:
    console = Console(highlight=False)
    words, epochs, steps = training.started.words, training.train.EPOCHS, training.steps
    bar = Progress(
        BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=epochs * steps)
        shown = total = 0.0
        begun = time.perf_counter()
        for number, loss in enumerate(training.learn(), 1):
            total += loss
            if number == TIMED and (minutes := (time.perf_counter() - begun) / TIMED * epochs * steps / 60) > 1.5:
                console.print(words["takes"].format(minutes=minutes))
            if time.perf_counter() - shown > 0.1:
                shown = time.perf_counter()
                bar.update(task, completed=number, description=f"loss {loss:.4f}")
            if number % steps == 0:
                values = {"epoch": number // steps, "epochs": epochs, "loss": total / steps}
                line = words["epoch"].format(**values, accuracy=training.accuracy(1))
                console.print(line)
                total = 0.0
