#!/bin/sh
# Interesting, which mlir-reduce wants told by 1, is a dynamic dequantization
# that the stage cannot lower.
nnq-opt "$1" --nnq-verify-lowered 2>&1 > /dev/null |
  grep -q "'nnq.dynamic_dcast'.*cannot be lowered" && exit 1
exit 0
