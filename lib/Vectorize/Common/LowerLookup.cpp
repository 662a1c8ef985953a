//===- LowerLookup.cpp - Permutations of the target -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"
#include "nnq/Vectorize/Transforms.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERLOOKUP
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static void lookUpOneByOne(LookupOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto type = cast<VectorType>(op.getType());
  SmallVector<Value> numbers;
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    Value index = vector::ExtractOp::create(builder, loc, op.getIndices(), i);
    index = arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(),
                                         index);
    numbers.push_back(
        vector::ExtractOp::create(builder, loc, op.getTable(), index));
  }
  op.replaceAllUsesWith(
      vector::FromElementsOp::create(builder, loc, type, numbers).getResult());
  op.erase();
}

namespace {
struct LowerLookup : public nnq::impl::LowerLookupBase<LowerLookup> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    if (TargetAttr target = findTarget(getOperation())) {
      StringRef triple = target.getTriple().getValue();
      if (triple.starts_with("x86_64") && target.getVectorBits() >= 128)
        populateLookupToVpshufbPatterns(patterns, target.getVectorBits());
      if (permutesBytes(target))
        populateLookupToVpermbPatterns(patterns);
      if (triple.starts_with("aarch64"))
        populateLookupToTblPatterns(patterns);
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation().walk([&](LookupOp op) {
      ++numScalar;
      lookUpOneByOne(op);
    });
  }
};
} // namespace
