"""Wrong functions, written in several styles by hand, are called by their mistake; right ones are called right."""

from pathlib import Path

import pytest

from nural.learn import check_file

HERE = Path(__file__).parent


def samples(folder):
    for path in sorted((HERE / folder).glob("*.txt")):
        for number, part in enumerate(path.read_text().split("=== ")[1:]):
            name, _, code = part.partition("\n")
            function = code.rpartition("\ndef ")[2] if "\ndef " in "\n" + code else code
            yield pytest.param(name.strip(), code, id=f"{path.stem}-{number}-{name.strip()}-{function[:12]}")


@pytest.mark.parametrize(("mistake", "code"), list(samples("wrong")))
def test_the_mistake_is_named(mistake, code, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f"import numpy as np\n\n{code}")
    verdicts = check_file(path)
    wrong = [v for v in verdicts if not v]
    assert wrong, verdicts
    assert wrong[-1].mistake in mistake.split("|"), verdicts
    assert wrong[-1].message


@pytest.mark.parametrize(("note", "code"), list(samples("right")))
def test_a_right_function_is_called_right(note, code, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f"import numpy as np\n\n{code}")
    verdicts = check_file(path)
    assert verdicts, verdicts
