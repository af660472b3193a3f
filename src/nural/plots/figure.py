"""What all pictures share: their size, their colours and their frame."""

import io
import warnings
from typing import TYPE_CHECKING, Any

from nural.overwriting import PNG_TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Blue and orange can be distinguished by those who cannot distinguish red and green.
BLUE, ORANGE, GREY = "#1f6fb2", "#d9621e", "#5b6470"
#: A slide of 1920×1080 pixels, in inches: few, so that letters of the usual sizes are large.
WIDTH, HEIGHT, DPI = 9.6, 5.4, 200
MARGIN = 0.08
_LONGEST = 20  # letters of a name


def figure(width: float = WIDTH, height: float = HEIGHT) -> "Figure":
    """A figure of this size in inches, outside pyplot's global state."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN)
    return Figure(figsize=(width, height), dpi=DPI, layout=layout)


def png(figure: Any, title: str) -> bytes:
    """The figure with its title, as PNG."""
    figure.suptitle(title, fontsize=13, parse_math=False)
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names may have letters of any script
        figure.savefig(content, format="png", metadata=PNG_TEXT)
    return content.getvalue()


def open_frame(axes: Any) -> None:
    """A faint grid, and no lines at the top and at the right."""
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def signed_colours() -> Any:
    """Blue below zero, white at zero, orange above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])


def shortened(name: str) -> str:
    """A class's name, shortened to the letters that fit."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
