"""The log of a search, by which one that was stopped goes on."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import InputError
from .model import replace_file
from .trial import Trial


class Log:
    """The trials so far, a line of JSON each; what a search that was stopped has written counts."""

    def __init__(self, path: Path | None, name: str) -> None:
        self.path = path
        self.known: dict[str, Trial] = {}
        if path is None:
            return
        # The last line may not be whole.
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        if not lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"search": name}) + "\n")
            return
        try:
            head = json.loads(lines[0])
            trials = [Trial.from_record(json.loads(line)) for line in lines[1:]]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}: is no log of a search: {error}") from None
        if not isinstance(head, dict) or head.get("search") != name:
            raise InputError(f"{path}: is the log of another network or of other data; remove it, or choose another")
        replace_file(path, ("\n".join(lines) + "\n").encode())
        self.known = {trial.recipe.to_json(): trial for trial in trials}

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        self.known[trial.recipe.to_json()] = trial
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(trial.to_record()) + "\n")
