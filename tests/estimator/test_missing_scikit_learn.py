"""Without scikit-learn there is a sentence that says what to install."""

import subprocess
import sys

SCRIPT = "import sys; sys.modules['sklearn'] = None; import nural.estimator"


def test_the_error_names_the_extra():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert "ImportError: nural.estimator needs scikit-learn: pip install 'nural[sklearn]'" in done.stderr
