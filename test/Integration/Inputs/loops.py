"""Prints the instructions of each innermost loop of an assembly file, one loop a
line, most frequent first, as `loop of 12: vpdpbusd 6, vmovdqu64 4, ...`."""

import collections
import re
import sys

LABEL = re.compile(r"^(\.L\w+):")
BRANCH = re.compile(r"^\s+(?:j[a-z]+|b\.\w+|cbn?z|tbn?z|b)\s+(?:.*,\s*)?(\.L\w+)\s*$")
INSTRUCTION = re.compile(r"^\s+(?:\{\w+\}\s+)?([a-z][a-z0-9._]*)(?:\s|$)")


def innermost_loops(lines):
    labels, loops = {}, []
    for i, line in enumerate(lines):
        label = LABEL.match(line)
        if label:
            labels[label.group(1)] = i
        branch = BRANCH.match(line)
        if not branch or branch.group(1) not in labels:
            continue
        start = labels[branch.group(1)]
        # A loop around another one comes after it.
        if not any(start <= inner < i for inner, _ in loops):
            loops.append((start, lines[start + 1:i + 1]))
    return [body for _, body in loops]


def main():
    with open(sys.argv[1]) as file:
        lines = file.read().splitlines()
    for body in innermost_loops(lines):
        found = [INSTRUCTION.match(line) for line in body]
        counts = collections.Counter(m.group(1) for m in found if m)
        print("loop of %d: %s" % (
            sum(counts.values()),
            ", ".join("%s %d" % item for item in counts.most_common())))


if __name__ == "__main__":
    main()
