"""Objects made of others of their kind: an attribute of this kind is a child, as in PyTorch's modules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

COLLECTIONS = (list, tuple, set, dict)


class Parent:
    """An object whose children are parents too: those that `adopt` takes, and its attributes that are parents.

    Attributes:
        children: The children by name; a new dictionary whenever one comes or goes.
    """

    children: dict[str, Any] = MappingProxyType({})  # pyright: ignore[reportAssignmentType]  (until there are any)
    #: Changes whenever any parent gets or loses a child; what was collected from children is valid until it does.
    structure: ClassVar[int] = 0
    #: Names that no child may have as an attribute.
    taken: ClassVar[frozenset[str]] = frozenset()
    #: Attributes that are set often and hold no children.
    untracked: ClassVar[frozenset[str]] = frozenset()

    def adopt(self, children: Mapping[str, Any]) -> None:
        """Add these children.

        Raises:
            ValueError: one object would be in two places, where each call overwrites what the other saved.
        """
        together = {**self.children, **children}
        names: dict[int, str] = {}
        for name, child in together.items():
            other = names.setdefault(id(child), name)
            if other != name:
                raise ValueError(
                    f"{type(self).__name__}: {name} is the same layer object as {other}; each place needs its own"
                )
        self.children = together
        self.children_changed()

    def children_changed(self) -> None:
        """Called after a child has come or gone."""
        Parent.structure += 1

    def exchange_children(self, children: dict[str, Any]) -> None:
        """Replace the children of these names, in a copy of this object."""
        own = vars(self)
        own["children"] = children
        for name, child in children.items():
            if name in own:
                own[name] = child

    def require_no_hidden_children(self) -> None:
        """Raise TypeError if an attribute is a list, or the like, of what would be children."""
        for name, value in vars(self).items():
            if isinstance(value, COLLECTIONS):
                self._require_not_hidden(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.untracked:
            object.__setattr__(self, name, value)
        elif isinstance(value, Parent):
            if name in self.taken:
                raise ValueError(f"{type(self).__name__}: every layer has {name!r} already; give this one another name")
            object.__setattr__(self, name, value)
            self.adopt({name: value})
        elif name in self.children and isinstance(vars(self).get(name), Parent):
            object.__setattr__(self, name, value)
            self._lose(name)
        else:
            if isinstance(value, COLLECTIONS):
                self._require_not_hidden(name, value)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        before = vars(self).get(name)
        object.__delattr__(self, name)
        if isinstance(before, Parent):
            self._lose(name)

    def _lose(self, name: str) -> None:
        self.children = {other: child for other, child in self.children.items() if other != name}
        self.children_changed()

    def _require_not_hidden(self, name: str, value: Any) -> None:
        if name != "children" and _holds_one(value):
            raise TypeError(
                f"{type(self).__name__}: {name} is a {type(value).__name__} of layers, which are not found there; make "
                "each an attribute of its own, or all of them one Sequential, which can be indexed and gone through"
            )


def _holds_one(value: Any) -> bool:
    if isinstance(value, COLLECTIONS):
        return any(_holds_one(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Parent)
