import numpy as np
import pytest

from nural.data import DataError
from nural.data.splits import split_sets


def numbered(length: int, classes: int = 3, grouped: bool = False) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(length) % classes
    return np.arange(length)[:, None], np.sort(labels) if grouped else labels


def numbers(sets) -> list[list[int]]:
    return [pixels[:, 0].tolist() for pixels, _ in sets]


def test_three_sets_stay():
    sets = [numbered(4), numbered(3), numbered(2)]
    assert numbers(split_sets(sets, "file")) == numbers(sets)


def test_a_test_set_stays_and_the_last_sixth_validates():
    assert numbers(split_sets([numbered(60), numbered(9)], "file")) == [
        list(range(50)),
        list(range(50, 60)),
        list(range(9)),
    ]


@pytest.mark.parametrize(("length", "expected"), [(70, (50, 10, 10)), (42_000, (30_000, 6_000, 6_000)), (7, (5, 1, 1))])
def test_a_single_set_gives_its_last_seventh_to_the_test_set(length, expected):
    sets = numbers(split_sets([numbered(length)], "file"))
    assert tuple(map(len, sets)) == expected
    assert [number for part in sets for number in part] == list(range(length))


@pytest.mark.parametrize("given", [1, 2])
def test_digits_grouped_by_label_are_mixed(given):
    sets = [numbered(210, grouped=True), numbered(9, grouped=True)][:given]
    train, validation, test = split_sets(sets, "file")
    assert set(train[1]) == set(validation[1]) == set(test[1]) == {0, 1, 2}
    for (pixels, labels), (again, _) in zip((train, validation, test), split_sets(sets, "file"), strict=True):
        assert (labels == (pixels[:, 0] // 70 if len(pixels) > 9 else labels)).all()
        assert (pixels == again).all()


@pytest.mark.parametrize(
    ("sets", "message"),
    [([numbered(6)], "at least 7 pictures to divide, found 6"), ([numbered(5)] * 2, "at least 6 .* 5")],
)
def test_too_few(sets, message):
    with pytest.raises(DataError, match=f"file: expected {message}"):
        split_sets(sets, "file")
