//===- LowerQuantization.cpp - Quantized linalg to integer linalg ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Lower/Transforms.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERQUANTIZATION
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

void QuantizationLowering::eraseDead(const DenseSet<Operation *> &keep) {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (!keep.contains(op) && isOpTriviallyDead(op))
      rewriter.eraseOp(op);
}

void QuantizationLowering::run() {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    if (auto qcast = dyn_cast<quant::QuantizeCastOp>(op))
      lowerQuantize(qcast);
    else if (auto dynamic = dyn_cast<DynamicQCastOp>(op))
      lowerDynamicQuantize(dynamic);
    else if (isView(op))
      lowerReshape(op);
    else if (isa<tensor::ConcatOp, tensor::InsertSliceOp>(op))
      lowerJoin(op);
    else if (auto scast = dyn_cast<quant::StorageCastOp>(op))
      lowerStorageCast(scast);
    else if (isQuantizedProduct(op))
      lowerProduct(cast<linalg::LinalgOp>(op));
    else if (FailureOr<Contraction> contraction = Contraction::match(op);
             succeeded(contraction))
      lowerContraction(*contraction);
    else if (FailureOr<Contraction> depthwise = Contraction::matchDepthwise(op);
             succeeded(depthwise))
      lowerContraction(*depthwise);
    else if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
      if (std::optional<SmallVector<int64_t>> order = getPermutation(op))
        lowerTranspose(structured, *order);
      else if (isMaxReduction(structured))
        lowerMaxReduction(structured);
      else if (isSumPooling(structured))
        lowerSumReduction(structured);
      else if (isMultiplyAddBody(structured) &&
               llvm::any_of(op->getOperands(),
                            [&](Value value) { return lookup(value); }))
        remarkMissed(op, "nnq-lower-quantization",
                     "no contraction with one channel loop and weights that "
                     "all rows share");
    }
  }
  // What dequantizations may still read stays until they are written.
  DenseSet<Operation *> stored;
  for (auto &[value, quantized] : quantizedValues)
    for (Value part : {quantized.storage, quantized.scale, quantized.zeroPoint})
      if (part && part.getDefiningOp())
        stored.insert(part.getDefiningOp());
  eraseDead(stored);
  ops.clear();
  func.walk([&](Operation *op) {
    if (isa<quant::DequantizeCastOp, DynamicDCastOp, quant::StorageCastOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto scast = dyn_cast<quant::StorageCastOp>(op))
      readStorage(scast);
    else
      dequantize(op);
  }
  eraseDead();
}

LoweredQuantization nnq::lowerQuantization(func::FuncOp func,
                                           ActivationStorage storage,
                                           Requantization requant) {
  QuantizationLowering lowering(func, storage, requant);
  lowering.run();
  return {lowering.integerOps, lowering.floatOps};
}

namespace {
struct LowerQuantization
    : public nnq::impl::LowerQuantizationBase<LowerQuantization> {
  using LowerQuantizationBase::LowerQuantizationBase;

  void runOnOperation() override {
    LoweredQuantization lowered =
        lowerQuantization(getOperation(), resolveStorage(), requant);
    integerOps += lowered.integerOps;
    floatOps += lowered.floatOps;
  }

  ActivationStorage resolveStorage() {
    if (activationStorage != ActivationStorage::Auto)
      return activationStorage;
    TargetAttr target = findTarget(getOperation());
    if (!target)
      return ActivationStorage::S8;
    switch (target.getDot()) {
    case DotKind::VPDPBUSD:
      return ActivationStorage::U8;
    case DotKind::VPMADDWD:
      return ActivationStorage::ByWeights;
    default:
      return ActivationStorage::S8;
    }
  }
};
} // namespace
