"""scikit-learn's `check_estimator`, with no check skipped."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

SCRIPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from sklearn.utils.estimator_checks import check_estimator
import nural.estimator

class Lines(nural.estimator.ConvolutionalClassifier):
    # takes rows of any length, as the checks have them, for images of one line of pixels

    def _shape_of_rows(self, size):
        return 1, size, 1

if sys.argv[1] == "ConvolutionalClassifier":
    estimator = Lines((8,), (32,), pool_size=1, max_iter=100, learning_rate_init=0.01, dtype="float64")
else:
    estimator = getattr(nural.estimator, sys.argv[1])(max_iter=100)
results = check_estimator(estimator, on_fail=None, on_skip=None)
json.dump([(r["check_name"], r["status"], str(r["exception"])) for r in results], sys.stdout)
"""


@pytest.mark.sklearn
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor", "ConvolutionalClassifier"])
def test_all_checks_pass(name):
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}  # read when SciPy is imported; without it a check is skipped
    command = [sys.executable, "-c", SCRIPT, name]
    found = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert [row for row in found if row[1] != "passed"] == []
    assert len(found) >= 60
