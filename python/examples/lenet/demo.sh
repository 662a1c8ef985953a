#!/bin/sh
# The LeNet demo on a fresh Debian bookworm: install what is missing, build, compress, compile, run, and print a table.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
"$root/cmake/setup.sh" --demo
exec "$root/build/venv/bin/python" "$root/python/examples/lenet/demo.py" "$@"
