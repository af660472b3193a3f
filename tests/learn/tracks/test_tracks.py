"""What a track writes: exercises in both languages, modules, and solutions that pass its checks."""

import ast

import numpy as np
import pytest

from nural.learn.functions import KINDS
from nural.learn.tracks.checking import check_folder
from nural.learn.tracks.exercise import exercises
from nural.learn.tracks.hints import hints_of
from nural.learn.tracks.track import available, track
from nural.learn.tracks.words import WORDS
from nural.learn.tracks.wrapping import padded, width_of, wrapped

TRACKS, LANGUAGES = available(), list(WORDS)


@pytest.mark.parametrize("name", exercises())
def test_an_exercise_is_known_to_the_checker_and_complete_in_both_languages(name):
    exercise = exercises()[name]
    assert name in KINDS
    assert exercise.words.keys() == WORDS.keys()
    assert all(words["task"].strip() and words["question"].strip() for words in exercise.words.values())
    for language in WORDS:
        assert [kind for kind, _ in hints_of(exercise, language)] == ["question", "formula", "shapes", "line"]


@pytest.mark.parametrize("name", exercises())
def test_the_last_hint_stands_in_the_solution(name):
    exercise = exercises()[name]
    solution = [line.strip() for line in exercise.solved().splitlines()]
    assert [line for line in exercise.line.strip().splitlines() if line.strip() not in solution] == []


@pytest.mark.parametrize("name", exercises())
def test_the_example_is_small_and_its_result_follows_from_the_solution(name):
    exercise = exercises()[name]
    if exercise.example:
        results = exercise.results_of_example()
        assert all(np.size(value) <= 30 for value in results.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TRACKS)
def test_a_new_folder_has_every_function_with_its_task_and_none_is_written(started, name, language):
    begun = started(name, language)
    for module in begun.track.modules:
        text = (begun.folder / module.file).read_text(encoding="utf-8")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        assert {e.function for e in module.exercises} <= {function.name for function in functions}
        for exercise in module.exercises:
            function = next(f for f in functions if f.name == exercise.function)
            documentation = ast.get_docstring(function) or ""
            assert exercise.words[language]["task"].strip()[:8] in documentation
            assert max(map(width_of, documentation.splitlines())) <= 75
    verdicts, errors = check_folder(begun)
    assert errors == []
    assert [v.function for v in verdicts] == [e.title for e in begun.track.exercises]
    assert all(verdict.unwritten and not verdict.wrong for verdict in verdicts), verdicts
    assert begun.done == set()


@pytest.mark.parametrize("name", TRACKS)
def test_the_solutions_of_a_track_are_right(started, name):
    solved = started(name, solved=True)
    verdicts, errors = check_folder(solved)
    assert errors == []
    assert verdicts, verdicts
    assert solved.done == {exercise.title for exercise in solved.track.exercises}
    assert solved.next() is None


@pytest.mark.parametrize("name", TRACKS)
def test_a_track_speaks_both_languages(name):
    for words in (track(name).words, *(module.words for module in track(name).modules)):
        assert all(words["en"][key] != words["zh"][key] for key in words["en"])


def test_both_languages_say_the_same_things():
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def test_text_is_broken_between_words_and_between_chinese_characters():
    assert wrapped("one two three four", 9) == ["one two", "three", "four"]
    assert wrapped("前向传播，反向传播。", 10) == ["前向传播，", "反向传播。"]
    assert wrapped("前向传播，反向传播。", 8) == ["前向传", "播，反向", "传播。"]  # no line begins with a comma
    assert wrapped("请看（见下）", 6) == ["请看", "（见", "下）"]
    assert wrapped("", 9) == []
    assert (width_of("权重 W"), padded("权重", 6)) == (6, "权重  ")
