"""A folder in which a track was started: what stands in it, and how far its learner is."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nural.atomic_file import write_atomically
from nural.learn.running import NotLoaded
from nural.learn.tracks.exercise import Exercise
from nural.learn.tracks.notebook import notebook
from nural.learn.tracks.track import OWN, Module, Track, available, track
from nural.learn.tracks.words import WORDS
from nural.learn.verdict import Verdict

PROGRESS, NOTEBOOK = "progress.json", "workshop.ipynb"


class FolderError(NotLoaded):
    """A folder that cannot be begun or gone on with; the message is one sentence."""


@dataclass
class Started:
    """A started track.

    Attributes:
        folder: Where.
        track: Which.
        language: In which language.
        done: The titles of the functions that were right when they were judged last.
        hints: How many hints were asked for, by title.
        trained: The accuracy on the test set of the last training, if there was one.
    """

    folder: Path
    track: Track
    language: str
    done: set[str] = field(default_factory=set)
    hints: dict[str, int] = field(default_factory=dict)
    trained: float | None = None

    @property
    def words(self) -> dict[str, str]:
        """What is said around the exercises, in its language."""
        return WORDS[self.language]

    @property
    def finished(self) -> bool:
        """Whether all functions are right and have learned to the goal."""
        return self.next() is None and self.trained is not None and self.trained >= self.track.goal

    def next(self) -> tuple[Module, Exercise] | None:
        """The first function that is not done."""
        for module in self.track.modules:
            for exercise in module.exercises:
                if exercise.title not in self.done:
                    return module, exercise
        return None

    def keep(self, verdicts: Iterable[Verdict]) -> None:
        """Keep what is right as done, and what is judged and is not right as not done; the others stay as they were."""
        verdicts = list(verdicts)
        done = self.done - {v.function for v in verdicts} | {v.function for v in verdicts if v.right}
        if done != self.done:
            self.done = done
            self.save()

    def save(self) -> None:
        """Write progress.json."""
        functions = {
            exercise.title: {"done": exercise.title in self.done, "hints": self.hints.get(exercise.title, 0)}
            for exercise in self.track.exercises
        }
        progress = {"track": self.track.name, "language": self.language, "functions": functions}
        if self.trained is not None:
            progress["trained"] = self.trained
        text = json.dumps(progress, indent=1, ensure_ascii=False) + "\n"
        write_atomically(self.folder / PROGRESS, text.encode())


def start(name: str, place: Path, language: str) -> Started:
    """Write a track into a new folder of its name.

    Raises:
        FolderError: There is no such track or language, or the folder has files in it.
        OSError: It cannot be written.
    """
    if name not in available():
        raise FolderError(f"there is no track {name}; the tracks are {', '.join(available())}")
    require_language(language)
    folder = place / name
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FolderError(f"{folder} is there already, and nothing in it is replaced: move it, or start elsewhere")
    folder.mkdir(exist_ok=True)
    chosen = track(name)
    for module in chosen.modules:
        (folder / module.file).write_text(module.text(language), encoding="utf-8")
    (folder / NOTEBOOK).write_text(notebook(chosen, language), encoding="utf-8")
    started = Started(folder, chosen, language)
    started.save()
    return started


def require_language(language: str) -> None:
    """Raise unless the workshop speaks it."""
    if language not in WORDS:
        raise FolderError(f"there is no language {language}; there are {', '.join(WORDS)}")


def find(place: Path) -> Started | None:
    """The started folder that a place is in; None if it is in none.

    Raises:
        FolderError: Its progress.json is damaged.
    """
    if found := opened(place):
        return found
    for folder in place.parents:
        with contextlib.suppress(FolderError):  # that of another program, perhaps
            if found := opened(folder):
                return found
    return None


def opened(folder: Path) -> Started | None:
    """The track that was started in this folder; None if none was.

    Raises:
        FolderError: Its progress.json is damaged.
    """
    path = folder / PROGRESS
    if not path.is_file():
        return None
    try:
        progress = json.loads(path.read_text(encoding="utf-8"))
        if not (isinstance(progress, dict) and {"track", "language", "functions"} <= progress.keys()):
            return None  # another program's
        return _started(folder, progress)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise FolderError(
            f"{path} is damaged ({what}): start the track elsewhere, and copy its {PROGRESS} here, which begins anew"
        ) from None


def _started(folder: Path, progress: dict[str, Any]) -> Started:
    if progress["track"] not in (*available(), OWN) or progress["language"] not in WORDS:
        raise ValueError("it names a track or a language that there is not")
    chosen = _own(folder) if progress["track"] == OWN else track(progress["track"])
    titles = {exercise.title for exercise in chosen.exercises}
    known = {title: each for title, each in progress["functions"].items() if title in titles}
    return Started(
        folder,
        chosen,
        progress["language"],
        {title for title, each in known.items() if each["done"] is True},
        {title: int(each["hints"]) for title, each in known.items()},
        None if progress.get("trained") is None else float(progress["trained"]),
    )


def _own(folder: Path) -> Track:
    """The track that a learner's own network is."""
    from nural.learn.own_network.folder import network_in
    from nural.learn.own_network.track import track_of

    return track_of(network_in(folder))
