//===- Structured.cpp - Questions about linalg ops ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;
using namespace mlir::linalg;

static bool hasMultiplyAccumulateBody(LinalgOp op) {
  return linalg::detail::isContractionBody(
      *op.getBlock(), [](Operation *elementwise, Operation *reduce) {
        return (isa<arith::MulFOp>(elementwise) &&
                isa<arith::AddFOp>(reduce)) ||
               (isa<arith::MulIOp>(elementwise) && isa<arith::AddIOp>(reduce));
      });
}

bool nnq::isConvolution(LinalgOp op) {
  return isaConvolutionOpInterface(op) && hasMultiplyAccumulateBody(op);
}

bool nnq::isContraction(LinalgOp op) {
  return isaContractionOpInterface(op) && hasMultiplyAccumulateBody(op);
}

bool nnq::isMultiplyAccumulate(LinalgOp op) {
  return isConvolution(op) || isContraction(op);
}

bool nnq::isPooling(LinalgOp op) {
  return isaConvolutionOpInterface(op) && op.getNumDpsInputs() == 2 &&
         op.getBlock()->getArgument(1).use_empty();
}

bool nnq::isMaxPooling(LinalgOp op) {
  if (!isPooling(op))
    return false;
  Block *body = op.getBlock();
  Operation *max = body->getTerminator()->getOperand(0).getDefiningOp();
  return isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max) &&
         llvm::is_contained(max->getOperands(), body->getArgument(0)) &&
         llvm::is_contained(max->getOperands(), body->getArgument(2));
}

bool nnq::isDataMovement(LinalgOp op) {
  if (isa<FillOp, BroadcastOp, TransposeOp>(op) || isaCopyOpInterface(op))
    return true;
  auto generic = dyn_cast<GenericOp>(op.getOperation());
  return generic &&
         (isaFillOpInterface(generic) || isaBroadcastOpInterface(generic) ||
          isaTransposeOpInterface(generic));
}

bool nnq::isElementwiseCompute(LinalgOp op) {
  return isElementwise(op) && !isDataMovement(op);
}

bool nnq::isZeroFill(Value value) {
  auto fill = value.getDefiningOp<FillOp>();
  return fill && (matchPattern(fill.value(), m_AnyZeroFloat()) ||
                  matchPattern(fill.value(), m_Zero()));
}

std::optional<nnq::Broadcast> nnq::matchBroadcast(Value value) {
  if (auto op = value.getDefiningOp<BroadcastOp>())
    return Broadcast{op.getInput(), llvm::to_vector(op.getDimensions())};
  auto generic = value.getDefiningOp<GenericOp>();
  if (!generic)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> added = isaBroadcastOpInterface(generic);
  if (!added)
    return std::nullopt;
  return Broadcast{generic.getDpsInputOperand(0)->get(), std::move(*added)};
}

bool nnq::isDequantized(Value value) {
  return value.getDefiningOp<quant::DequantizeCastOp>() ||
         value.getDefiningOp<DynamicDCastOp>();
}

/// A constant, in f32 or behind quantize/dequantize casts.
static bool isConstant(Value value) {
  if (auto cast = value.getDefiningOp<quant::DequantizeCastOp>())
    value = cast.getInput();
  if (auto cast = value.getDefiningOp<quant::StorageCastOp>())
    value = cast.getInput();
  return matchPattern(value, m_Constant());
}

/// Dimensions of the weight whose loops are parallel are output channels,
/// groups or batches.
static std::optional<int64_t> findChannelAxis(LinalgOp op, OpOperand *weight) {
  AffineMap map = op.getMatchingIndexingMap(weight);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  ArrayRef<int64_t> shape = op.getShape(weight);
  std::optional<int64_t> axis;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || !isParallelIterator(iterators[dim.getPosition()]))
      continue;
    if (!axis || shape[i] > shape[*axis])
      axis = i;
  }
  return axis;
}

FailureOr<nnq::WeightedOp> nnq::matchWeightedOp(LinalgOp op) {
  if (!isMultiplyAccumulate(op) || op.getNumDpsInputs() != 2)
    return failure();
  OpOperand *activation = op.getDpsInputOperand(0);
  OpOperand *weight = op.getDpsInputOperand(1);
  // Only the first operand of a convolution has a window.
  if (!isConstant(weight->get()) && !isConvolution(op))
    std::swap(activation, weight);
  if (!isConstant(weight->get()) || isConstant(activation->get()))
    return failure();
  return WeightedOp{activation, weight, findChannelAxis(op, weight)};
}

FailureOr<GenericOp> nnq::generalizeNamedOp(RewriterBase &rewriter,
                                            LinalgOp op) {
  DictionaryAttr discardable = op->getDiscardableAttrDictionary();
  FailureOr<GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
  if (failed(generic))
    return failure();
  for (NamedAttribute attr : discardable)
    if (attr.getName() != LinalgDialect::kMemoizedIndexingMapsAttrName)
      (*generic)->setDiscardableAttr(attr.getName(), attr.getValue());
  return generic;
}
