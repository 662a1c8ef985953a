"""The techniques that a search tries."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .recipe import Recipe, Step


@dataclass(frozen=True)
class Technique:
    """A pipeline with settings from weak to strong."""

    pipeline: str
    settings: tuple[dict[str, Any], ...]
    # Options for networks that the pipeline refuses with those of the settings.
    instead: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Options for some of the layers, where those of the settings are about all; None where layers have no choice.
    by_layer: dict[str, Any] | None = dataclasses.field(default_factory=dict)

    def steps(self, setting: int, exclude: Sequence[str] = ()) -> list[Step]:
        """Return the step of a setting."""
        options = dict(self.settings[setting])
        if exclude:
            options = {name: value for name, value in {**options, **(self.by_layer or {})}.items() if value is not None}
            # Factors of a layer have its name and numbers. It is one pattern: a pipeline refuses those that no layer
            # which it could change answers, and not all of these are such layers. Parentheses are for no option.
            options["exclude"] = "|".join(rf"{name}|{name}\.[0-9.]+" for name in map(re.escape, exclude))
        return [Step(self.pipeline, options)]


# In the order in which they follow each other: each keeps what those before it made.
TECHNIQUES = (
    Technique("prune-layers", tuple({"count": n, "bridge": True} for n in (1, 2, 3, 4, 6)), by_layer=None),
    Technique(
        "prune-channels",
        tuple(
            {"latency": share, "criterion": "obs", "ranking": "global"}
            for share in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.35)
        ),
        # Of what reads channels nothing may be known.
        {"criterion": "l2"},
        {"latency": None, "ratio": 0.25},
    ),
    Technique("factorize", tuple({"energy": e} for e in (0.99, 0.97, 0.94, 0.9, 0.8, 0.65))),
    Technique(
        "prune-weights",
        tuple(
            {"ratio": r, "pattern": "16x4", "criterion": "obs", "scope": "global"} for r in (0.15, 0.3, 0.5, 0.65, 0.8)
        ),
        by_layer={"scope": "local"},
    ),
    Technique("share-weights", tuple({"bits": b} for b in (4, 2))),
)
QUANTIZE = Step("quantize-int8", {})
PLAIN = Recipe([QUANTIZE])
