"""The parts of ``layers.c`` that a program uses, directly or through other parts."""

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(
    r"^(?:static .*?\b(?P<function>\w+)\(|struct (?P<struct>\w+) \{|typedef .*?(?P<type>\w+);)", re.MULTILINE
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def parts_for(program: str) -> list[str]:
    """The text of each part that a program needs, in the order of the file, where parts come before their use."""
    needed = [_code(program)]
    found: set[int] = set()
    parts = _parts()
    while needed:
        code = needed.pop()
        for i, (use, text) in enumerate(parts):
            if i not in found and use.search(code):
                found.add(i)
                needed.append(_code(text))
    return [parts[i][1] for i in sorted(found)]


@cache
def _parts() -> list[tuple[re.Pattern[str], str]]:
    """Each part: the pattern by which code that uses it is found, and its text."""
    _, *texts = Path(__file__).with_name("layers.c").read_text(encoding="utf-8").strip().split("\n\n\n")
    return [(_use(text), text) for text in texts]


def _use(text: str) -> re.Pattern[str]:
    match = _NAME.search(text)
    assert match, text
    if match["function"]:
        return re.compile(rf"\b{match['function']}\(")
    return re.compile(rf"\bstruct {match['struct']}\b" if match["struct"] else rf"\b{match['type']}\b")


def _code(text: str) -> str:
    """The text without comments, whose words are no names."""
    return _COMMENT.sub("", text)
