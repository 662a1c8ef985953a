"""Compiled networks as modules of PyTorch."""

from __future__ import annotations

from typing import Any

import torch

from .program import Program


class ProgramModule(torch.nn.Module):
    """Calls a program."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program

    def forward(self, *inputs: torch.Tensor) -> Any:
        """Return a tensor, or a tuple of several."""
        return self.program(*inputs)

    def extra_repr(self) -> str:
        """Show the program."""
        return repr(self.program)
