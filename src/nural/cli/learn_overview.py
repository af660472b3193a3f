"""What `nural learn` says of tracks, of a started folder, and as hints."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from nural.learn.tracks.exercise import Exercise
from nural.learn.tracks.folder import Started, find, opened, require_language
from nural.learn.tracks.track import OWN, available, track
from nural.learn.tracks.words import WORDS
from nural.learn.tracks.wrapping import wrapped
from nural.learn.verdict import Verdict


def say(text: str = "", indent: int = 0, style: str | None = None, label: str = "") -> None:
    """Print a text on lines of the terminal's width, 100 columns at most; a label stands in front of the first."""
    console = Console(highlight=False)
    lines = [line for part in text.split("\n") for line in wrapped(part, min(console.width, 100) - indent) or [""]]
    for number, line in enumerate(lines):
        console.print(
            (" " * indent if number or not label else f"{label:<{indent}}") + line,
            style=style,
            markup=False,
            soft_wrap=True,
        )


def overview(place: Path, language: str) -> None:
    """The tracks, what is done, and what comes next."""
    here = find(place)
    language = language or (here.language if here else "en")
    require_language(language)
    words = WORDS[language]
    by_track = {started.track.name: started for started in ([here] if here else _below(place))}
    say(words["tracks"])
    say()
    width = max(map(len, (*available(), OWN)))
    for name in available():
        say(track(name).words[language]["title"], width + 4, label=f"  {name}")
        say(_state(by_track.get(name), language), width + 4, "dim")
    say(f"{OWN:<{width}}  {words['own network']}", 2)
    say("nural learn from-torch net.py:Net", width + 4, "dim")
    say()
    unfinished = [started for started in by_track.values() if not started.finished]
    for started in unfinished:
        _say_next(started)
    others = [name for name in available() if name not in by_track]
    if others and not unfinished:
        say(words["begin"])
        say(f"nural learn start {others[0]}" + (f" --language {language}" if language != "en" else ""), 4)
    say(words["other language"], style="dim")


def _below(place: Path) -> list[Started]:
    """The folders in a place in which tracks were started."""
    return [started for name in available() if (started := opened(place / name))]


def _state(started: Started | None, language: str) -> str:
    words = WORDS[language]
    if started is None:
        return words["not started"]
    done = words["done of"].format(done=len(started.done), count=len(started.track.exercises))
    return done + ("" if started.trained is None else words["trained"].format(accuracy=started.trained))


def _say_next(started: Started) -> None:
    words, upcoming, place = started.words, started.next(), Path.cwd()
    inside = started.folder == place or started.folder in place.parents
    if upcoming is None:
        say(words["all right"])
    else:
        module, exercise = upcoming
        file = module.file if inside else Path(started.folder.name) / module.file
        say(words["next"].format(function=exercise.title, file=file))
    if not inside:
        say(f"cd {shlex.quote(started.folder.name)}", 4)
    say("nural learn train" if upcoming is None else "nural learn check", 4)
    if upcoming:
        say(f"nural learn hint {upcoming[1].title}", 4)


def begun(started: Started) -> None:
    """What was written, and how to go on."""
    words = started.words
    files = ", ".join(sorted(path.name for path in started.folder.iterdir()))
    say(started.track.words[started.language]["introduction"].strip())
    say()
    say(words["started"].format(folder=started.folder.name, files=files))
    _say_next(started)


def what_is_next(started: Started, verdicts: Iterable[Verdict]) -> None:
    """What is not yet written, how much is right, and which function comes next."""
    words = started.words
    unwritten = [verdict.function for verdict in verdicts if verdict.unwritten]
    if unwritten:
        say(f"{words['unwritten']}{words[':']}{', '.join(unwritten)}", style="dim")
    say(words["count"].format(done=len(started.done), count=len(started.track.exercises)))
    _say_next(started)


def hinted(started: Started, exercise: Exercise, hints: list[tuple[str, str]], count: int) -> None:
    """The hints so far, the new one last."""
    words = started.words
    for number, (kind, text) in enumerate(hints, 1):
        say(words["hint"].format(number=number, count=count, what=words[kind]), style="bold")
        say(text, 4)
    if len(hints) == count:
        say(words["no more hints"])
        if not exercise.solution:
            say(words["read"].format(name=exercise.name))
