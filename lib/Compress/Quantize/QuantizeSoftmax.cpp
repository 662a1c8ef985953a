//===- QuantizeSoftmax.cpp - Softmax sums of integers ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/PatternMatch.h"

namespace nnq {
#define GEN_PASS_DEF_QUANTIZESOFTMAX
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The only op of the body of `value`'s elementwise generic, of type `OpTy`, on
/// its inputs in order.
template <typename OpTy>
static linalg::GenericOp matchElementwise(Value value) {
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumReductionLoops() != 0 || op.getNumResults() != 1)
    return {};
  Block *body = op.getBlock();
  auto inner = body->getTerminator()->getOperand(0).getDefiningOp<OpTy>();
  if (!inner || inner->getOperands() != body->getArguments().drop_back())
    return {};
  return op;
}

/// True if `value` is exp(x - max x), in each row of which one is 1.
static bool isShiftedExp(Value value) {
  linalg::GenericOp exp = matchElementwise<math::ExpOp>(value);
  if (!exp || !llvm::all_of(exp.getIndexingMapsArray(),
                            [](AffineMap map) { return map.isIdentity(); }))
    return false;
  linalg::GenericOp shift = matchElementwise<arith::SubFOp>(exp.getInputs()[0]);
  if (!shift)
    return false;
  auto max = shift.getInputs()[1].getDefiningOp<linalg::LinalgOp>();
  if (!max || !isMaxReduction(max) ||
      max.getDpsInputs()[0] != shift.getInputs()[0])
    return false;
  // A row of the difference is a row of the maximum.
  SmallVector<AffineMap> maps = shift.getIndexingMapsArray();
  return maps[0].isIdentity() && maps[2].isIdentity() &&
         max.getIndexingMapsArray().front().isIdentity() &&
         max.getIndexingMapsArray().back() == maps[1];
}

/// The only reader of `exp` that is not `sum`, if it makes integers of one
/// scale.
static quant::QuantizeCastOp findQuantization(Value exp, Operation *sum) {
  quant::QuantizeCastOp result;
  for (Operation *user : exp.getUsers()) {
    if (user == sum)
      continue;
    auto quantize = dyn_cast<quant::QuantizeCastOp>(user);
    if (!quantize || result ||
        !isa<quant::UniformQuantizedType>(getElementTypeOrSelf(quantize)))
      return {};
    result = quantize;
  }
  return result;
}

namespace {
struct QuantizeSoftmax
    : public nnq::impl::QuantizeSoftmaxBase<QuantizeSoftmax> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](linalg::LinalgOp sum) {
      if (!isSumPooling(sum) || sum.getNumDpsInputs() != 1 ||
          !isZeroFill(sum.getDpsInits()[0]))
        return;
      Value exp = sum.getDpsInputs()[0];
      quant::QuantizeCastOp quantize = findQuantization(exp, sum);
      if (!quantize || !isShiftedExp(exp))
        return;
      rewriter.moveOpAfter(quantize, exp.getDefiningOp());
      rewriter.setInsertionPointAfter(quantize);
      Value rounded = quant::DequantizeCastOp::create(
          rewriter, sum.getLoc(), exp.getType(), quantize.getResult());
      rewriter.modifyOpInPlace(
          sum, [&] { sum.getDpsInputOperand(0)->set(rounded); });
      ++numSums;
    });
  }
};
} // namespace
