"""Write docs/house.md and its picture: what each module and folder of nural is for, and what it stands on.

python tools/house.py

Both are made from the docstrings and the imports, so they are what the code is; tests/test_structure.py holds them and
the order of the floors.
"""

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "nural"
PAGE, PICTURE = ROOT / "docs" / "house.md", ROOT / "docs" / "images" / "house.svg"

#: The floors from the ground up. A module imports from the floors below its own, and from its own.
FLOORS = [
    ["reference"],
    ["arrays", "atomic_file", "blocks", "checks", "lazy", "overwriting", "parent", "scratch", "task"],
    ["initializers", "layer", "schedules"],
    ["containers", "graph"],
    ["layers"],
    ["activations"],
    ["losses"],
    ["predictions"],
    ["optimizers"],
    ["gradients"],
    ["data"],
    ["parallel"],
    ["evaluation"],
    ["model_file"],
    ["training"],
    ["profile"],
    ["models"],
    ["reading"],
    ["plots", "cases", "interop", "export", "estimator", "web"],
    ["learn"],
    ["cli"],
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}

TEXT = """# The house

Imports run one way: a module imports from the floors below its own, and from its own. A folder is a subject; the root
holds only what everything stands on. Begin with [`reference`](../src/nural/reference), on which nothing is built: every
block of a network as the few lines of NumPy that it is, with its gradient beneath it. The folders above have the same
blocks without allocating, and the layers, the loop and the tools made of them.

![The floors and who stands on whom](images/house.svg)

A line is an import; what follows from others is left out, and so are those of the ground floor.

| | what it is for | imports |
|---|---|---|
"""

WIDTH, HEIGHT, GAP, STEP = 118, 26, 12, 54


def modules_of(name: str) -> list[Path]:
    """The files of a module or a folder of the package."""
    folder = PACKAGE / name
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]


def imported(path: Path) -> Iterator[str]:
    """The modules and folders of the package that a file imports from, as often as it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "nural":
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else (alias.name for alias in node.names)


def imports() -> dict[str, set[str]]:
    """What each module or folder imports from, itself left out."""
    return {
        name: {found for path in modules_of(name) for found in imported(path) if found in FLOOR} - {name}
        for name in FLOOR
    }


def page() -> str:
    """The text of the page."""
    rows = []
    needed = imports()
    for name in reversed(FLOOR):
        path = PACKAGE / name
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        said = (ast.get_docstring(ast.parse(source.read_text())) or "").split("\n\n")[0].replace("\n", " ")
        link = (
            f"[`{name}{'/' if path.is_dir() else '.py'}`](../{path.relative_to(ROOT)}{'' if path.is_dir() else '.py'})"
        )
        below = ", ".join(sorted(needed[name], key=lambda found: (-FLOOR[found], found)))
        rows.append(f"| {link} | {said} | {below} |\n")
    return TEXT + "".join(rows)


def picture() -> str:
    """The modules as SVG, each as low as what it stands on allows; the ground floor is one band without arrows."""
    ground = {name for names in FLOORS[:2] for name in names}
    needed = {name: below - ground for name, below in imports().items() if name not in ground}
    direct = {name: sorted(_direct(below, needed)) for name, below in needed.items()}
    levels: list[list[str]] = []
    for name in needed:  # from the ground up
        level = 1 + max(
            (i for i, names in enumerate(levels) if direct[name] and {*names} & {*direct[name]}), default=-1
        )
        levels += [[]] if level == len(levels) else []
        levels[level].append(name)
    width, height = max(len(names) for names in levels) * (WIDTH + GAP) + GAP, (len(levels) + 1) * STEP
    middle: dict[str, tuple[float, float]] = {}
    for level, names in enumerate(levels):
        names.sort(key=lambda name: sum(middle[other][0] for other in direct[name]) / max(1, len(direct[name])))
        for i, name in enumerate(names):
            middle[name] = width / 2 + (i - (len(names) - 1) / 2) * (WIDTH + GAP), height - (level + 1.5) * STEP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        "<title>The house: who stands on whom</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for name, below in direct.items():
        for other in below:
            (x, y), (u, v) = middle[name], middle[other]
            half = (v - y) / 2
            curve = f"M{x:g} {y + HEIGHT / 2:g}C{x:g} {y + half:g} {u:g} {v - half:g} {u:g} {v - HEIGHT / 2:g}"
            parts.append(f'<path d="{curve}" fill="none" stroke="#9aa7b5"/>')
    boxes = [(name, *at, WIDTH) for name, at in middle.items()]
    boxes.append(
        (" · ".join(sorted(ground - {"reference"})), width / 2 + WIDTH / 2 + GAP, height - STEP / 2, 4 * WIDTH)
    )
    boxes.append(("reference", width / 2 - 2 * WIDTH, height - STEP / 2, WIDTH))
    for name, x, y, wide in boxes:
        fill = "#dff0e3" if name == "reference" else "#e8eef7" if (PACKAGE / name).is_dir() else "#f6f1e3"
        corner = f'x="{x - wide / 2:g}" y="{y - HEIGHT / 2:g}"'
        parts.append(f'<rect {corner} width="{wide}" height="{HEIGHT}" rx="5" fill="{fill}" stroke="#445"/>')
        parts.append(f'<text x="{x:g}" y="{y + 4.5:g}" text-anchor="middle" font-size="13">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _direct(below: set[str], needed: dict[str, set[str]]) -> set[str]:
    """Those that are not reached through others."""
    return {name for name in below if not any(name in _reached(other, needed) for other in below - {name})}


def _reached(name: str, needed: dict[str, set[str]]) -> set[str]:
    """All that a module stands on; two of one floor may stand on each other."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in needed[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


if __name__ == "__main__":
    PAGE.write_text(page())
    PICTURE.write_text(picture())
