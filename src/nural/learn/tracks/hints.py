"""Hints: first a question, then the formula, then the shapes, then the line."""

import difflib

import numpy as np

from nural.learn.tracks.exercise import Exercise
from nural.learn.tracks.folder import FolderError, Started

KINDS_OF_HINTS = "question", "formula", "shapes", "line"


def hints_of(exercise: Exercise, language: str) -> list[tuple[str, str]]:
    """All hints: what each is, and its text."""
    words = exercise.words[language]
    texts = words["question"], words.get("formula", exercise.formula), _shapes(exercise), exercise.line
    return [(kind, text.strip("\n")) for kind, text in zip(KINDS_OF_HINTS, texts, strict=True) if text]


def _shapes(exercise: Exercise) -> str:
    """The shapes in letters, and those of the example in numbers."""
    if not exercise.example:
        return exercise.shapes
    given, results = exercise.arguments_of_example(), exercise.results_of_example()
    numbers = [", ".join(f"{name} {np.shape(v)}" for name, v in of.items() if np.ndim(v)) for of in (given, results)]
    return f"{exercise.shapes}\n{' → '.join(numbers)}" if all(numbers) else exercise.shapes


def asked(started: Started, title: str) -> tuple[Exercise, list[tuple[str, str]], int]:
    """One hint more for a function, or for the next one: the exercise, its hints so far, and how many there are.

    Raises:
        FolderError: The track has no such function, or none is named and all are done.
    """
    if not title:
        upcoming = started.next()
        if upcoming is None:
            raise FolderError("all functions are done; name the one that the hint is for")
        title = upcoming[1].title
    exercise = next((e for e in started.track.exercises if title in (e.title, e.function)), None)
    if exercise is None:
        titles = [e.title for e in started.track.exercises]
        near = difflib.get_close_matches(title, titles, 3) or titles
        raise FolderError(f"the track {started.track.name} has no function {title}; it has {', '.join(near)}")
    hints = hints_of(exercise, started.language)
    count = min(started.hints.get(exercise.title, 0) + 1, len(hints))
    if count != started.hints.get(exercise.title, 0):
        started.hints[exercise.title] = count
        started.save()
    return exercise, hints[:count], len(hints)
