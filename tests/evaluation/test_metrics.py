import numpy as np
import pytest

from nural import accuracy, confusion_matrix
from nural.evaluation.metrics import class_labels

LOGITS = np.array([[0.1, 2.0], [3.0, 1.0], [0.0, 5.0]])


def test_accuracy_of_integer_and_one_hot_targets():
    assert accuracy(LOGITS, np.array([1, 0, 0])) == pytest.approx(2 / 3)
    assert accuracy(LOGITS, np.eye(2)[[1, 0, 0]]) == pytest.approx(2 / 3)
    assert accuracy(np.array([1, 0, 1]), [1, 0, 1]) == 1


@pytest.mark.parametrize("t", [np.array([0, 1]), np.array([0.5, 1.0, 2.0]), np.array([], int)])
def test_targets_that_name_no_classes(t):
    with pytest.raises(ValueError, match="do not name one class for each of 3"):
        accuracy(LOGITS, t)


def test_class_labels():
    np.testing.assert_array_equal(class_labels(np.eye(3, dtype=int)), [0, 1, 2])
    assert class_labels(np.array([[0.2, 0.8]])) is None
    assert class_labels(np.array([[1.0], [0.0]])) is None
    assert class_labels(np.array([[1.0, 1.0]])) is None


def test_confusion_matrix_counts_true_by_predicted():
    matrix = confusion_matrix(np.array([1, 1, 0, 2], np.uint8), np.array([1, 0, 0, 1], np.uint8), 3)
    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 1, 1], [0, 0, 0]])
    labels = np.full(300, 9, np.uint8)
    assert confusion_matrix(labels, labels)[9, 9] == 300


def test_confusion_matrix_refuses():
    with pytest.raises(ValueError, match=r"\(2,\) predictions do not fit \(3,\) labels"):
        confusion_matrix(np.zeros(2, int), np.zeros(3, int))
    with pytest.raises(ValueError, match="a label is outside 0 … 1"):
        confusion_matrix(np.array([2]), np.array([0]), 2)
    with pytest.raises(ValueError, match="a label is outside"):
        confusion_matrix(np.array([-1]), np.array([0]), 2)
    with pytest.raises(ValueError, match="labels must be integers, or names of classes; found float64"):
        confusion_matrix(np.array([0.9]), np.array([1]), 2)
    with pytest.raises(ValueError, match="labels must be integers, or names of classes; found <U1"):
        confusion_matrix(["a"], ["b"])


def test_names_are_looked_up():
    classes = ("cat", "dog")
    assert accuracy(LOGITS, ["dog", "cat", "cat"], classes) == pytest.approx(2 / 3)
    assert accuracy(np.array(["dog", "cat"]), np.array(["dog", "dog"])) == 0.5
    assert accuracy(["dog", "cat"], [1, 1], classes) == 0.5
    matrix = confusion_matrix(["dog", "cat", "dog"], ["dog", "dog", "dog"], classes=classes)
    np.testing.assert_array_equal(matrix, [[0, 0], [1, 2]])
    np.testing.assert_array_equal(
        confusion_matrix([30, 10], [30, 30], classes=(10, 20, 30)).nonzero(), [[2, 2], [0, 2]]
    )
    for ask in (accuracy, confusion_matrix):
        with pytest.raises(ValueError, match="'cow' is none of the classes 'cat', 'dog'"):
            ask(["cow"], ["cat"], classes=classes)
    with pytest.raises(ValueError, match="of answers and targets one are names and the other numbers; say the classes"):
        accuracy(LOGITS, ["dog", "cat", "cat"])


def test_accuracy_of_several_labels_and_of_sequences():
    assert accuracy(np.array([[0, 1], [1, 1]]), np.array([[0, 1], [1, 0]])) == 0.5
    assert accuracy(np.stack([LOGITS, -LOGITS]), np.array([[1, 0, 1], [1, 1, 0]])) == pytest.approx(5 / 6)
    with pytest.raises(ValueError, match="one output is no answer by itself; give the labels that predict makes"):
        accuracy(LOGITS[:, :1], np.array([1, 0, 0]))
