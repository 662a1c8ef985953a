//===- QuantizedSum.cpp - Sums of dequantized values ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "nnq/Support/ConstantData.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// True if the body of `op` adds up its inputs, each of them once.
static bool isSumOfInputs(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op.getNumDpsInits() != 1 ||
      op.getNumDpsInputs() < 2 ||
      !op.getIndexingMapsArray().back().isIdentity())
    return false;
  Block &body = *op.getBlock();
  auto isOneTerm = [](Value value) { return value.hasOneUse(); };
  return llvm::all_of(body.getArguments().drop_back(), isOneTerm) &&
         body.getArguments().back().use_empty() &&
         llvm::all_of(body.without_terminator(), [&](Operation &inner) {
           return isa<arith::AddFOp>(inner) && isOneTerm(inner.getResult(0));
         });
}

/// The sum that `quantize` reads, at most bounded on the way, and the bounds.
static linalg::GenericOp matchSum(quant::QuantizeCastOp quantize,
                                  ContractionChain &bounds) {
  Value value = quantize.getInput();
  SmallVector<linalg::GenericOp> clamps;
  while (value.hasOneUse()) {
    auto op = value.getDefiningOp<linalg::GenericOp>();
    if (!op)
      return nullptr;
    if (isSumOfInputs(op)) {
      for (linalg::GenericOp clamp : llvm::reverse(clamps))
        if (!matchClamp(clamp, bounds))
          return nullptr;
      return op;
    }
    if (op.getNumDpsInputs() != 1)
      return nullptr;
    clamps.push_back(op);
    value = op.getInputs()[0];
  }
  return nullptr;
}

void QuantizationLowering::setMultiplied(linalg::GenericOp epilogue,
                                         unsigned multiplier,
                                         ArrayRef<double> factors,
                                         double largest) {
  multipliedValues[epilogue.getResult(0)] = {
      epilogue, multiplier, SmallVector<double>(factors), largest};
}

/// Each term is computed in steps of the result: its multiplier is divided, at
/// compile time, instead of the sum, at run time.
void QuantizationLowering::scaleTerms(quant::QuantizeCastOp op,
                                      const ActivationParams &params,
                                      ToQuantize &result) {
  ContractionChain bounds;
  linalg::GenericOp sum = matchSum(op, bounds);
  if (!sum)
    return;
  double largest = 0;
  for (Value input : sum.getInputs()) {
    if (auto it = multipliedValues.find(input);
        it != multipliedValues.end() && input.hasOneUse()) {
      largest += it->second.largest;
      continue;
    }
    Quantized *x = lookup(input);
    if (!x || !x->params)
      return;
    largest += getMagnitude(*x->params) * x->params->scale;
  }

  rewriter.setInsertionPoint(sum);
  Location loc = sum.getLoc();
  for (OpOperand *operand : sum.getDpsInputOperands()) {
    auto it = multipliedValues.find(operand->get());
    if (it == multipliedValues.end()) {
      Value term = emitDequantized(loc, *lookup(operand->get()), params.scale);
      rewriter.modifyOpInPlace(sum, [&] { operand->set(term); });
      continue;
    }
    const Multiplied &term = it->second;
    linalg::GenericOp epilogue = term.epilogue;
    SmallVector<float> factors;
    for (double factor : term.factors)
      factors.push_back(static_cast<float>(factor / params.scale));
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(epilogue);
    OpOperand *multiplier = epilogue.getDpsInputOperand(term.multiplier);
    Value constant =
        makeConstant(rewriter, epilogue.getLoc(),
                     cast<ShapedType>(multiplier->get().getType()),
                     (getLayerName(epilogue) + "_multiplier").str(),
                     asBytes(ArrayRef<float>(factors)));
    rewriter.modifyOpInPlace(epilogue, [&] { multiplier->set(constant); });
  }
  std::tie(result.low, result.high) = getBounds(bounds, params);
  result.known = getRounded(largest / params.scale);
  result.value = sum.getResult(0);
  result.isScaled = true;
}
