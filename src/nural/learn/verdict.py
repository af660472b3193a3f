"""What the checker says of a function."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """The smallest case in which something is wrong.

    Attributes:
        arguments: By name, as they were given.
        result: The name of what is wrong.
        yours: What the learner's function returned; None if nothing.
        right: What is right.
    """

    arguments: dict[str, Any]
    result: str
    yours: Any
    right: Any


@dataclass(frozen=True)
class Verdict:
    """Whether a function is right, and if not, what is wrong; true if it is right.

    Attributes:
        function: What the learner calls it.
        right: Whether all of it is right.
        results: By name of what it returns: "right", "wrong", "missing", or "unwritten".
        mistake: The name of the mistake, or None if there is none or it has no name.
        message: What there is to say of it.
        cases: On how many cases it was tried.
        torch: What PyTorch calls it.
        example: The smallest case in which it is wrong.
        kind: Which function it is to be: `function`, if that has the name that the checker knows.
        mistakes: All mistakes that were found, the one above first.
        notes: What is worth saying and is no mistake, what it printed included.
    """

    function: str
    right: bool
    results: dict[str, str]
    mistake: str | None = None
    message: str = ""
    cases: int = 0
    torch: str = ""
    example: Example | None = None
    kind: str = ""
    mistakes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.right

    @property
    def unwritten(self) -> bool:
        """Whether there is nothing to judge yet: it raises `NotImplementedError`."""
        return "unwritten" in self.results.values()

    @property
    def wrong(self) -> bool:
        """Whether it is written, and not right."""
        return not (self.right or self.unwritten)

    def as_json(self) -> dict[str, Any]:
        """What `nural learn check --json` prints."""
        return {name: getattr(self, name) for name in ("function", "right", "results", "mistake", "message")}

    def __str__(self) -> str:
        from nural.learn.showing import as_text

        return as_text([self])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from nural.learn.html import as_html

        return as_html([self])

    def __rich__(self) -> Any:
        from nural.learn.showing import as_rich

        return as_rich([self])


class Verdicts(tuple[Verdict, ...]):
    """The verdicts of the functions of a module; true if all are right."""

    def __bool__(self) -> bool:
        return all(self)

    def as_json(self) -> list[dict[str, Any]]:
        """One object a function."""
        return [verdict.as_json() for verdict in self]

    def __str__(self) -> str:
        from nural.learn.showing import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from nural.learn.html import as_html

        return as_html(self)

    def __rich__(self) -> Any:
        from nural.learn.showing import as_rich

        return as_rich(self)
