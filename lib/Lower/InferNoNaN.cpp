//===- InferNoNaN.cpp - Bounds of numbers in epilogues --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ScalarRange.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "nnq/Lower/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_INFERNONAN
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct InferNoNaN : public nnq::impl::InferNoNaNBase<InferNoNaN> {
  void runOnOperation() override {
    getOperation().walk([&](linalg::GenericOp op) {
      ScalarRanges ranges;
      for (Operation &inner : op.getBlock()->without_terminator()) {
        if (!isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
                 arith::MinNumFOp>(inner) ||
            !llvm::all_of(inner.getOperands(), [&](Value operand) {
              return ranges.get(operand).has_value();
            }))
          continue;
        auto flags = cast<arith::ArithFastMathInterface>(inner)
                         .getFastMathFlagsAttr()
                         .getValue();
        inner.setAttr("fastmath",
                      arith::FastMathFlagsAttr::get(
                          &getContext(), flags | arith::FastMathFlags::nnan));
        ++marked;
      }
    });
  }
};
} // namespace
