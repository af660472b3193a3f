import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from nural.data import to_categorical

labels = st_numpy.arrays(
    st.one_of(st_numpy.integer_dtypes(), st_numpy.unsigned_integer_dtypes()),
    st.integers(1, 50),
    elements=st.integers(0, 100),
)


@given(labels, st.one_of(st.none(), st.integers(101, 120)), st.booleans())
def test_one_in_the_column_of_the_label(labels, num_classes, as_column):
    one_hot = to_categorical(labels[:, None] if as_column else labels, num_classes)
    assert one_hot.dtype == np.float32
    assert one_hot.shape == (len(labels), num_classes or int(labels.max()) + 1)
    assert (one_hot.argmax(axis=1) == labels).all()
    assert (one_hot.max(axis=1) == 1).all()
    assert (one_hot.sum(axis=1) == 1).all()


def test_lists_and_no_labels():
    assert to_categorical([1, 0]).tolist() == [[0, 1], [1, 0]]
    assert to_categorical([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"),
    [
        ([], None, "expected num_classes, as there are no labels"),
        ([0, -1], None, "expected labels from 0 to 0, found labels from -1 to 0"),
        ([0, 3], 3, "expected labels from 0 to 2, found labels from 0 to 3"),
        ([0.0, 1.0], None, "expected integer labels, found float64"),
        ([True, False], None, "expected integer labels, found bool"),
        ([[0, 1]], None, r"expected labels of shape \(N,\) or \(N, 1\), found \(1, 2\)"),
        (3, None, r"expected labels of shape \(N,\) or \(N, 1\), found \(\)"),
    ],
)
def test_what_is_refused(labels, num_classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(labels, num_classes)
