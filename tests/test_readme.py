"""The README's program runs as it stands there, but for the number of epochs."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_ten_lines_of_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    statements = [line for line in program.splitlines() if line and "import" not in line]
    assert len(statements) <= 10
    exec(program.replace("epochs=10", "epochs=1"), {})
    scores, labels = capsys.readouterr().out.splitlines()
    assert float(re.findall(r"'accuracy': ([\d.]+)", scores)[0]) > 0.9
    assert labels == "[7 2 1]"


def test_links_lead_somewhere():
    root = Path(__file__).parent.parent
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert [link for link in links if not (root / link).exists()] == []
