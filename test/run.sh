#!/usr/bin/env bash
# Builds nnq and runs all of its tests and checks. The last line sums them up;
# the exit code is 0 if at least one ran and none failed.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
results=$build/test-results
python=$build/venv/bin/python
cd "$root"
export PYTHONDONTWRITEBYTECODE=1

if ! cmake/setup.sh --test; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
rm -rf "$results"
mkdir -p "$results"

# run SUITE COMMAND...: runs a suite; its exit code goes to a file, which
# tally.py sets against what the suite reported.
run() {
  local suite=$1 started=$SECONDS code=0
  shift
  echo
  echo "== $suite"
  "$@" || code=$?
  echo "$code" > "$results/$suite.exit"
  echo "-- $suite: exit code $code, $((SECONDS - started)) s"
}

run check-format ninja -C "$build" check-format
run check-python ninja -C "$build" check-python
# Files are spread over the cores whole: their tests share what they set up.
run pytest "$python" -m pytest -p no:cacheprovider -n auto --maxprocesses 4 \
  --dist loadfile --junitxml "$results/pytest.xml" test/python
LIT_OPTS="--output $results/check-nnq.json" \
  run check-nnq ninja -C "$build" check-nnq

echo
"$python" test/tally.py "$results"
