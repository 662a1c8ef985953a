//===- LayerKind.cpp - What a layer computes ------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/LayerKind.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Structured.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace nnq;

Operation *nnq::getSingleBodyOp(LinalgOp op) {
  auto ops = op.getBlock()->without_terminator();
  return llvm::hasSingleElement(ops) ? &*ops.begin() : nullptr;
}

static bool isMinOrMax(Operation &op) {
  return isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp,
             arith::MinNumFOp>(op);
}

/// The kind of layer in the words of networks: `addf` is `add`.
static StringRef getElementwiseKind(LinalgOp op) {
  Operation *body = getSingleBodyOp(op);
  if (!body)
    return llvm::all_of(op.getBlock()->without_terminator(), isMinOrMax)
               ? "clamp"
               : "elementwise";
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(body) &&
      llvm::any_of(body->getOperands(),
                   [](Value v) { return matchPattern(v, m_AnyZeroFloat()); }))
    return "relu";
  StringRef name = body->getName().stripDialect();
  if (isa<arith::ArithDialect>(body->getDialect()) &&
      (name.ends_with("f") || name.ends_with("i")))
    name = name.drop_back();
  return name;
}

StringRef nnq::getLayerKind(LinalgOp op) {
  if (isConvolution(op))
    return "conv";
  if (succeeded(matchWeightedOp(op)))
    return "linear";
  if (isContraction(op))
    return "matmul";
  if (isPooling(op))
    return "pool";
  if (isElementwiseCompute(op))
    return getElementwiseKind(op);
  return op.getNumReductionLoops() > 0 ? "reduce" : "op";
}
