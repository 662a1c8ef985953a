//===- QuantizedMovement.cpp - What works on integers as they are ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Remarks.h"

using namespace mlir;
using namespace nnq;

/// Smallest value of an integer type, the identity of max.
static int64_t lowestValue(Type type, bool isSigned) {
  return isSigned ? -(int64_t(1) << (type.getIntOrFloatBitWidth() - 1)) : 0;
}

void QuantizationLowering::lowerMaxReduction(linalg::LinalgOp op) {
  Quantized *x = lookup(op.getDpsInputOperand(0)->get());
  Value result = op->getResult(0);
  if (!x || !x->params || !result.hasOneUse())
    return;
  Value start = getFillValue(op.getDpsInitOperand(0)->get());
  if (!start || !isLowestValue(start))
    return remarkMissed(op, "nnq-lower-quantization",
                        "the maximum does not start from the lowest value");
  auto qcast = dyn_cast<quant::QuantizeCastOp>(*result.user_begin());
  auto dcast =
      op.getDpsInputOperand(0)->get().getDefiningOp<quant::DequantizeCastOp>();
  if (!qcast || !dcast ||
      getElementTypeOrSelf(qcast.getResult().getType()) !=
          getElementTypeOrSelf(dcast.getInput().getType()))
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  Type element = getElementTypeOrSelf(x->storage.getType());
  auto type = cast<RankedTensorType>(result.getType()).clone(element);
  Value init = createFilled(
      rewriter, loc, type.getShape(),
      rewriter.getIntegerAttr(element, lowestValue(element, x->isSigned)));
  SmallVector<Value> inputs(op.getDpsInputs());
  inputs[0] = x->storage;
  auto generic = linalg::GenericOp::create(
      rewriter, loc, type, inputs, init, op.getIndexingMapsArray(),
      op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value a = args.front(), b = args.back();
        Value max = x->isSigned
                        ? Value(arith::MaxSIOp::create(nested, at, a, b))
                        : Value(arith::MaxUIOp::create(nested, at, a, b));
        linalg::YieldOp::create(nested, at, max);
      });
  generic->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  setQuantized(qcast.getResult(), generic.getResult(0), x->isCentered);
  ++integerOps;
}

/// transpose(dequantize(q)) that is quantized again as q was: integers move.
void QuantizationLowering::lowerTranspose(linalg::LinalgOp op,
                                          ArrayRef<int64_t> permutation) {
  Value result = op->getResult(0);
  auto dcast =
      op.getDpsInputOperand(0)->get().getDefiningOp<quant::DequantizeCastOp>();
  Quantized *x = lookup(op.getDpsInputOperand(0)->get());
  if (!x || !x->params || !dcast)
    return;
  Type quantized = getElementTypeOrSelf(dcast.getInput().getType());
  SmallVector<quant::QuantizeCastOp> readers;
  for (Operation *user : result.getUsers())
    if (auto qcast = dyn_cast<quant::QuantizeCastOp>(user))
      if (getElementTypeOrSelf(qcast.getResult().getType()) == quantized)
        readers.push_back(qcast);
  if (readers.empty())
    return;
  rewriter.setInsertionPoint(op);
  Value empty = tensor::EmptyOp::create(
      rewriter, op.getLoc(),
      cast<RankedTensorType>(result.getType()).getShape(),
      getElementTypeOrSelf(x->storage.getType()));
  auto moved = linalg::TransposeOp::create(rewriter, op.getLoc(), x->storage,
                                           empty, permutation);
  if (Attribute layer = op->getAttr(kLayerAttr))
    moved->setAttr(kLayerAttr, layer);
  bool isCentered = x->isCentered; // The map of values may move.
  for (quant::QuantizeCastOp reader : readers)
    setQuantized(reader.getResult(), moved->getResult(0), isCentered);
  ++integerOps;
}

/// sum (q - zp) s = (sum q - n zp) s, for windows of n elements.
void QuantizationLowering::lowerSumReduction(linalg::LinalgOp op) {
  Quantized *x = lookup(op.getDpsInputOperand(0)->get());
  if (!x || !x->params || op.hasDynamicShape() ||
      !isZeroFill(op.getDpsInitOperand(0)->get()))
    return;
  Location loc = op.getLoc();
  Type i32 = rewriter.getI32Type(), f32 = rewriter.getF32Type();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value init = createFilled(rewriter, loc, type.getShape(),
                            rewriter.getI32IntegerAttr(0));
  SmallVector<Value> inputs(op.getDpsInputs());
  inputs[0] = x->storage;
  auto sum = linalg::GenericOp::create(
      rewriter, loc, type.clone(i32), inputs, init, op.getIndexingMapsArray(),
      op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value q = extendToI32(nested, at, args[0], x->isSigned);
        linalg::YieldOp::create(
            nested, at,
            Value(arith::AddIOp::create(nested, at, args.back(), q)));
      });
  int64_t count = 1;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (auto [range, iterator] : llvm::zip(ranges, op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction)
      count *= range;
  auto scaled = createElementwise(
      rewriter, loc, type, sum.getResult(0),
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) -> Value {
        Value offset = intConstant(loc, count * x->params->zeroPoint, i32);
        Value q = arith::SubIOp::create(rewriter, loc, args[0], offset);
        q = arith::SIToFPOp::create(rewriter, loc, f32, q);
        return arith::MulFOp::create(rewriter, loc, q,
                                     floatConstant(loc, x->params->scale));
      });
  for (linalg::GenericOp made : {sum, scaled})
    made->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  rewriter.replaceAllUsesWith(op->getResult(0), scaled.getResult(0));
  ++integerOps;
}

void QuantizationLowering::lowerReshape(Operation *op) {
  auto it = quantizedValues.find(op->getOperand(0));
  if (it == quantizedValues.end())
    return;
  auto [stored, isCentered] =
      std::pair(it->second.storage, it->second.isCentered);
  rewriter.setInsertionPoint(op);
  auto type = cast<RankedTensorType>(op->getResult(0).getType())
                  .clone(getElementTypeOrSelf(stored.getType()));
  IRMapping mapping;
  mapping.map(op->getOperand(0), stored);
  Operation *clone = rewriter.clone(*op, mapping);
  clone->getResult(0).setType(type);
  setQuantized(op->getResult(0), clone->getResult(0), isCentered);
}

void QuantizationLowering::lowerJoin(Operation *op) {
  Value result = op->getResult(0);
  SmallVector<quant::QuantizeCastOp> readers;
  for (Operation *user : op->getUsers()) {
    auto qcast = dyn_cast<quant::QuantizeCastOp>(user);
    if (!qcast ||
        (!readers.empty() && qcast.getType() != readers.front().getType()))
      return;
    readers.push_back(qcast);
  }
  if (readers.empty())
    return;
  Type type = getElementTypeOrSelf(readers.front().getType());
  IRMapping mapping;
  Type element;
  for (Value input : op->getOperands()) {
    if (!isa<RankedTensorType>(input.getType()))
      continue;
    auto dcast = input.getDefiningOp<quant::DequantizeCastOp>();
    Quantized *x = lookup(input);
    if (!dcast || !x ||
        getElementTypeOrSelf(dcast.getInput().getType()) != type)
      return remarkMissed(op, "nnq-lower-quantization",
                          "an operand has other parameters than the result");
    mapping.map(input, x->storage);
    element = getElementTypeOrSelf(x->storage.getType());
  }
  rewriter.setInsertionPoint(op);
  Operation *joined = rewriter.clone(*op, mapping);
  joined->removeAttr(kStatsAttr);
  joined->removeAttr(kQuantRangeAttr);
  joined->getResult(0).setType(
      cast<RankedTensorType>(result.getType()).clone(element));
  for (quant::QuantizeCastOp reader : readers)
    setQuantized(reader.getResult(), joined->getResult(0),
                 /*isCentered=*/false);
  ++integerOps;
}

/// Pads act on the storage, between two casts.
bool QuantizationLowering::lowerPad(quant::StorageCastOp op) {
  auto pad = op.getInput().getDefiningOp<tensor::PadOp>();
  auto type = dyn_cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(op.getResult().getType()));
  if (!pad || !type)
    return false;
  auto source = pad.getSource().getDefiningOp<quant::StorageCastOp>();
  Value padding = pad.getConstantPaddingValue();
  APInt stored;
  if (!source || getElementTypeOrSelf(source.getInput().getType()) != type ||
      !padding || !matchPattern(padding, m_ConstantInt(&stored)))
    return false;
  auto it = quantizedValues.find(source.getInput());
  if (it == quantizedValues.end())
    return false;
  bool isCentered = it->second.isCentered;
  StorageFormat format = formatOf(op.getResult(), isCentered);
  int64_t value =
      type.isSigned() ? stored.getSExtValue() : stored.getZExtValue();
  rewriter.setInsertionPoint(op);
  Location loc = pad.getLoc();
  Value constant = arith::ConstantOp::create(
      rewriter, loc,
      rewriter.getIntegerAttr(
          format.type, APInt(format.type.getWidth(), value + format.offset,
                             /*isSigned=*/true, /*implicitTrunc=*/true)));
  auto padded = tensor::PadOp::create(
      rewriter, loc, pad.getResultType().clone(format.type), it->second.storage,
      pad.getMixedLowPad(), pad.getMixedHighPad(), constant, pad.getNofold());
  if (Attribute layer = pad->getAttr(kLayerAttr))
    padded->setAttr(kLayerAttr, layer);
  setQuantized(op.getResult(), padded, isCentered);
  return true;
}
