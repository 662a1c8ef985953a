"""Checks the section of the readme about embedding against the sources that the tests build.

readme.py README COMMAND SOURCE...

Every piece of code of the section must be in a source; the command lines of mlir-opt are written to the file COMMAND.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def get_pieces(readme: str) -> list[list[str]]:
    """Return the indented paragraphs of the section, without their indentation."""
    section = readme.split("\n## Embed it\n")[1].split("\n## ")[0]
    paragraphs = [paragraph.split("\n") for paragraph in section.strip("\n").split("\n\n")]
    return [[line.strip() for line in lines] for lines in paragraphs if all(line.startswith("    ") for line in lines)]


def contains(source: list[str], piece: list[str]) -> bool:
    """Return whether the lines of the piece follow one another in the source."""
    return any(source[i : i + len(piece)] == piece for i in range(len(source)))


def main(readme: str, command: str, *paths: str) -> None:
    """Check all pieces."""
    sources = [[line.strip() for line in Path(path).read_text().split("\n")] for path in paths]
    pieces = get_pieces(Path(readme).read_text())
    assert len(pieces) >= 7, f"only {len(pieces)} pieces of code"
    for piece in pieces:
        text = "\n".join(piece)
        if text.startswith("cmake --install build --prefix"):
            continue
        if text.startswith("mlir-opt-22"):
            Path(command).write_text(re.sub("^mlir-opt-22", "mlir-opt", text) + "\n")
        elif not any(contains(source, piece) for source in sources):
            sys.exit(f"no test builds this piece of the readme:\n{text}")


main(*sys.argv[1:])
