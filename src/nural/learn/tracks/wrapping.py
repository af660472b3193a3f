"""Text on lines of a given width, Chinese included, whose characters are two columns wide and need no spaces."""

import re
import unicodedata

#: What may not begin a line, and what may not end one.
CLOSING, OPENING = "，。、；：！？）」』”’…,.;:!?)]}", "（「『“‘([{"
_PIECE = re.compile(
    rf"[{re.escape(OPENING)}]*(?:[\u2e80-\u9fff]|[^\s\u2e80-\u9fff\uff00-\uffef]+|\S)[{re.escape(CLOSING)}]*\s*"
)


def width_of(text: str) -> int:
    """The columns that a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, width: int) -> str:
    """The text with spaces behind it, up to a width."""
    return text + " " * (width - width_of(text))


def wrapped(text: str, width: int = 79) -> list[str]:
    """The lines of a text, each indented as the first; a single word that is wider than a line stays whole."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    lines, line = [], indent
    for piece in _PIECE.findall(text):
        if line.strip() and width_of(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = indent
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines
