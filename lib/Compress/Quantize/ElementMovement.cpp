//===- ElementMovement.cpp - Ops that quantization moves past -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ElementMovement.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

bool nnq::picksElements(Operation *op) {
  if (isa<tensor::ConcatOp, tensor::InsertSliceOp>(op))
    return true;
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && (isMaxPooling(structured) || getPermutation(op));
}

SmallVector<OpOperand *> nnq::getPickedOperands(Operation *op) {
  SmallVector<OpOperand *> operands;
  // The second operand of a pooling only gives its shape.
  if (isa<linalg::LinalgOp>(op))
    return {&op->getOpOperand(0)};
  for (OpOperand &operand : op->getOpOperands())
    if (isa<RankedTensorType>(operand.get().getType()))
      operands.push_back(&operand);
  return operands;
}

std::optional<float> nnq::getPaddingConstant(tensor::PadOp op) {
  Value padding = op.getConstantPaddingValue();
  APFloat number(0.0f);
  if (!padding || !matchPattern(padding, m_ConstantFloat(&number)) ||
      number.isNaN())
    return std::nullopt;
  return number.convertToFloat();
}

Value nnq::padQuantized(RewriterBase &rewriter, tensor::PadOp op,
                        Value quantized, int32_t padding) {
  Location loc = op.getLoc();
  auto type =
      cast<quant::QuantizedType>(getElementTypeOrSelf(quantized.getType()));
  Type storage = type.getStorageType();
  Value source = quant::StorageCastOp::create(
      rewriter, loc, op.getSourceType().clone(storage), quantized);
  Value constant = arith::ConstantOp::create(
      rewriter, loc,
      rewriter.getIntegerAttr(storage,
                              APInt(storage.getIntOrFloatBitWidth(), padding,
                                    /*isSigned=*/false,
                                    /*implicitTrunc=*/true)));
  auto padded = tensor::PadOp::create(
      rewriter, loc, op.getResultType().clone(storage), source,
      op.getMixedLowPad(), op.getMixedHighPad(), constant, op.getNofold());
  return quant::StorageCastOp::create(rewriter, loc,
                                      op.getResultType().clone(type), padded);
}
