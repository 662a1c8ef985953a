"""Check a report of nnq-run --profile: layers add up to the whole call, and these kinds do so many multiply-adds.

check_profile.py REPORT conv=86400,153600 linear=...
"""

import json
import sys

path, *wanted = sys.argv[1:]
with open(path) as file:
    report = json.load(file)
layers = report["layers"]
total = sum(layer["time_us"] for layer in layers)
whole = report["time_us"]["min"]
# The call itself and reading the clock for the first and the last time are in no layer.
assert 0.8 * whole <= total <= 1.01 * whole, (total, whole)
assert abs(sum(layer["share"] for layer in layers) - 1) < 1e-6
assert [layer["time_us"] for layer in layers] == sorted((x["time_us"] for x in layers), reverse=True)
for layer in layers:
    assert layer["time_us"] > 0, layer
    if layer["macs"]:
        assert abs(layer["gmacs_per_s"] - layer["macs"] / layer["time_us"] / 1e3) < 1e-3 * layer["gmacs_per_s"], layer
for item in wanted:
    kind, counts = item.split("=")
    found = sorted(layer["macs"] for layer in layers if layer["kind"] == kind)
    assert found == sorted(map(int, counts.split(","))), (kind, found)
