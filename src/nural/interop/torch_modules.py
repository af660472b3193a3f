"""Modules for those layers of nural's that PyTorch does not have. Imports PyTorch; import it where it is needed."""

from typing import Any

from torch import Tensor, nn


class Residual(nn.Module):
    """Nural's `Residual`: y = branch(x) + shortcut(x), or branch(x) + x."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        return self.branch(x) + (x if self.shortcut is None else self.shortcut(x))


class OutputOnly(nn.RNNBase):
    """A recurrent module that returns only its output, so that others can follow it in an `nn.Sequential`.

    Args:
        *args: The module's own arguments.
        return_sequences: Whether to return all steps, or only the last step of each pass.
        **kwargs: The module's own arguments.
    """

    def __init__(self, *args: Any, return_sequences: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.return_sequences = return_sequences

    def forward(self, x: Tensor) -> Tensor:
        """``(N, T, D·H)``, or ``(N, D·H)``."""
        y, states = super().forward(x)
        if self.return_sequences:
            return y
        h = states[0] if isinstance(states, tuple) else states
        directions = 2 if self.bidirectional else 1
        return h[-directions:].transpose(0, 1).flatten(1)


class RNNOutput(OutputOnly, nn.RNN):  # pyright: ignore[reportIncompatibleMethodOverride]
    """`nn.RNN`, without its states."""


class LSTMOutput(OutputOnly, nn.LSTM):  # pyright: ignore[reportIncompatibleMethodOverride]
    """`nn.LSTM`, without its states."""


class GRUOutput(OutputOnly, nn.GRU):  # pyright: ignore[reportIncompatibleMethodOverride]
    """`nn.GRU`, without its states."""
