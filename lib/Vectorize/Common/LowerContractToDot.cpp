//===- LowerContractToDot.cpp - Dot instructions of the target ------------===//
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
#define GEN_PASS_DEF_LOWERCONTRACTTODOT
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LowerContractToDot
    : public nnq::impl::LowerContractToDotBase<LowerContractToDot> {
  void runOnOperation() override {
    TargetAttr target = findTarget(getOperation());
    if (!target)
      return;
    RewritePatternSet patterns(&getContext());
    switch (target.getDot()) {
    case DotKind::VPDPBUSD:
      populateContractToVpdpbusdPatterns(patterns);
      [[fallthrough]];
    case DotKind::VPMADDWD:
      populateContractToVpmaddwdPatterns(patterns);
      populateContractToVpmaddubswPatterns(patterns);
      break;
    case DotKind::SMMLA:
      populateContractToSmmlaPatterns(patterns);
      [[fallthrough]];
    case DotKind::SDOT:
      populateContractToSdotPatterns(patterns);
      break;
    case DotKind::SMULL:
      populateContractToSmullPatterns(patterns);
      break;
    case DotKind::FMA:
    case DotKind::VPMADDUBSW:
    case DotKind::TDPBUSD:
    case DotKind::None:
      break;
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
