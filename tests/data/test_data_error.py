import pickle

from nural.data import DataError


def test_names_file_expectation_and_finding():
    error = DataError("digits.csv", "a label", "'x'")
    assert str(error) == "digits.csv: expected a label, found 'x'"
    assert isinstance(error, ValueError)


def test_long_findings_are_cut():
    assert len(str(DataError("digits.csv", "a label", "x" * 10_000))) < 300


def test_can_be_pickled():
    error = DataError("digits.csv", "a label", "'x'")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
