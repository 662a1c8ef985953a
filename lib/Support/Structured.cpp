//===- Structured.cpp - Questions about linalg ops ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Structured.h"

#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;
using namespace mlir::linalg;

static Value stripExtension(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return value;
  // Weights, which are multiplied as f32; sums that are scaled are no factors.
  constexpr unsigned kMostBits = 8;
  bool isWeight =
      isa<arith::SIToFPOp>(op) &&
      op->getOperand(0).getType().getIntOrFloatBitWidth() <= kMostBits;
  if (isWeight || isa<arith::ExtSIOp, arith::ExtUIOp, arith::ExtFOp>(op))
    return op->getOperand(0);
  return value;
}

bool nnq::isExtendedUnsigned(BlockArgument arg) {
  return llvm::any_of(arg.getUsers(), llvm::IsaPred<arith::ExtUIOp>);
}

bool nnq::isMultiplyAddBody(LinalgOp op) {
  Block *body = op.getBlock();
  if (body->getNumArguments() != 3)
    return false;
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  Operation *add = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value out = body->getArgument(2);
  unsigned product = add->getOperand(0) == out ? 1 : 0;
  if (add->getOperand(1 - product) != out)
    return false;
  Operation *mul = add->getOperand(product).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(mul))
    return false;
  Value left = stripExtension(mul->getOperand(0));
  Value right = stripExtension(mul->getOperand(1));
  Value a = body->getArgument(0), b = body->getArgument(1);
  return (left == a && right == b) || (left == b && right == a);
}

/// Collects the divisors of `loop`; false if the expression depends on it in
/// another way.
static bool collectDivisors(AffineExpr expr, AffineExpr loop,
                            SmallVectorImpl<int64_t> &divisors) {
  if (expr == loop)
    return false;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return true;
  auto number = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (number && binary.getLHS() == loop &&
      binary.getKind() == AffineExprKind::FloorDiv) {
    divisors.push_back(number.getValue());
    return true;
  }
  // A division by one folds.
  if (number && binary.getLHS() == loop &&
      binary.getKind() == AffineExprKind::Mul) {
    divisors.push_back(1);
    return true;
  }
  return collectDivisors(binary.getLHS(), loop, divisors) &&
         collectDivisors(binary.getRHS(), loop, divisors);
}

std::optional<int64_t> nnq::getGroupChannels(AffineMap activation,
                                             unsigned channelLoop) {
  SmallVector<int64_t> divisors;
  AffineExpr loop = getAffineDimExpr(channelLoop, activation.getContext());
  for (AffineExpr expr : activation.getResults())
    if (!collectDivisors(expr, loop, divisors))
      return std::nullopt;
  if (divisors.size() != 1 || divisors.front() < 1)
    return std::nullopt;
  return divisors.front();
}

/// True if a loop that weights and result share divides into groups.
static bool hasGroups(LinalgOp op) {
  AffineMap x = op.getIndexingMapsArray().front();
  for (AffineExpr expr : op.getIndexingMapsArray().back().getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim &&
        op.getIndexingMapsArray()[1].isFunctionOfDim(dim.getPosition()) &&
        nnq::getGroupChannels(x, dim.getPosition()))
      return true;
  }
  return false;
}

bool nnq::isConvolution(LinalgOp op) {
  return isMultiplyAddBody(op) &&
         (isaConvolutionOpInterface(op) || hasGroups(op));
}

bool nnq::isContraction(LinalgOp op) {
  return isaContractionOpInterface(op) && isMultiplyAddBody(op);
}

bool nnq::isMultiplyAccumulate(LinalgOp op) {
  return isConvolution(op) || isContraction(op);
}

bool nnq::isMaxReduction(LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1)
    return false;
  Block *body = op.getBlock();
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  Operation *max = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp,
                       arith::MaxUIOp>(max))
    return false;
  Value in = body->getArgument(0), out = body->getArguments().back();
  return (max->getOperand(0) == in && max->getOperand(1) == out) ||
         (max->getOperand(1) == in && max->getOperand(0) == out);
}

bool nnq::isPooling(LinalgOp op) {
  return isaConvolutionOpInterface(op) && op.getNumDpsInputs() == 2 &&
         op.getBlock()->getArgument(1).use_empty();
}

bool nnq::isMaxPooling(LinalgOp op) {
  return isPooling(op) && isMaxReduction(op);
}

bool nnq::isSumPooling(LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 ||
      (op.getNumDpsInputs() != 1 && !isPooling(op)))
    return false;
  Block *body = op.getBlock();
  Operation *add = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value in = body->getArgument(0), out = body->getArguments().back();
  return (add->getOperand(0) == in && add->getOperand(1) == out) ||
         (add->getOperand(1) == in && add->getOperand(0) == out);
}

bool nnq::isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp>(op);
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

std::optional<SmallVector<int64_t>> nnq::getPermutation(Operation *op) {
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return llvm::to_vector(transpose.getPermutation());
  auto generic = dyn_cast<GenericOp>(op);
  return generic ? isaTransposeOpInterface(generic) : std::nullopt;
}

Value nnq::getFillValue(Value value) {
  auto fill = value.getDefiningOp<FillOp>();
  return fill ? fill.value() : Value();
}

bool nnq::isZeroFill(Value value) {
  Value fill = getFillValue(value);
  return fill &&
         (matchPattern(fill, m_AnyZeroFloat()) || matchPattern(fill, m_Zero()));
}

bool nnq::isLowestValue(Value value, bool isUnsigned) {
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return number.isNegative() && (number.isInfinity() || number.isLargest());
  APInt integer;
  return matchPattern(value, m_ConstantInt(&integer)) &&
         (isUnsigned ? integer.isZero() : integer.isMinSignedValue());
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

/// The longest dimension of the weight along a loop that `accepts` takes.
static std::optional<int64_t>
findLongestAxis(LinalgOp op, OpOperand *weight,
                function_ref<bool(AffineDimExpr)> accepts) {
  AffineMap map = op.getMatchingIndexingMap(weight);
  ArrayRef<int64_t> shape = op.getShape(weight);
  std::optional<int64_t> axis;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && accepts(dim) && (!axis || shape[i] > shape[*axis]))
      axis = i;
  }
  return axis;
}

/// Dimensions of the weight whose loops are parallel are output channels,
/// groups or batches.
static std::optional<int64_t> findChannelAxis(LinalgOp op, OpOperand *weight) {
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  return findLongestAxis(op, weight, [&](AffineDimExpr dim) {
    return isParallelIterator(iterators[dim.getPosition()]);
  });
}

/// Input channels are summed up and no window moves over them.
static std::optional<int64_t> findInputAxis(LinalgOp op, OpOperand *weight,
                                            OpOperand *activation) {
  AffineMap x = op.getMatchingIndexingMap(activation);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  return findLongestAxis(op, weight, [&](AffineDimExpr dim) {
    return isReductionIterator(iterators[dim.getPosition()]) &&
           x.getResultPosition(dim);
  });
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
  return WeightedOp{activation, weight, findChannelAxis(op, weight),
                    findInputAxis(op, weight, activation)};
}

std::optional<AffineMap> nnq::getRowMap(LinalgOp op, OpOperand &activation) {
  AffineMap read = op.getMatchingIndexingMap(&activation);
  AffineMap written = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!isContraction(op) || op.getNumReductionLoops() != 1 ||
      read.getNumResults() < 2 || !read.isProjectedPermutation() ||
      !isReductionIterator(op.getIteratorTypesArray()[read.getDimPosition(
          read.getNumResults() - 1)]))
    return std::nullopt;
  SmallVector<AffineExpr> rows;
  for (AffineExpr loop : read.getResults().drop_back()) {
    std::optional<unsigned> at = written.getResultPosition(loop);
    if (!at)
      return std::nullopt;
    rows.push_back(getAffineDimExpr(*at, op.getContext()));
  }
  return AffineMap::get(written.getNumResults(), 0, rows, op.getContext());
}

SmallVector<linalg::LinalgOp> nnq::findWeightedOps(Operation *root) {
  SmallVector<linalg::LinalgOp> ops;
  root->walk([&](linalg::LinalgOp op) {
    if (isMultiplyAccumulate(op) && succeeded(matchWeightedOp(op)))
      ops.push_back(op);
  });
  return ops;
}

bool nnq::isActivationProduct(LinalgOp op) {
  return isContraction(op) && op.getNumDpsInputs() == 2 &&
         !isConstant(op.getDpsInputs()[0]) && !isConstant(op.getDpsInputs()[1]);
}

/// True if all that reads an argument of the body extends it by `Extension`.
template <typename Extension>
static bool isExtended(LinalgOp op, unsigned input) {
  Value argument = op.getMatchingBlockArgument(op.getDpsInputOperand(input));
  return argument.getType().isInteger(8) && !argument.use_empty() &&
         llvm::all_of(argument.getUsers(),
                      [](Operation *user) { return isa<Extension>(user); });
}

bool nnq::isProductOfBytes(LinalgOp op) {
  return isActivationProduct(op) && !op.hasDynamicShape() &&
         isExtended<arith::ExtUIOp>(op, 0) && isExtended<arith::ExtSIOp>(op, 1);
}

bool nnq::isIntegerProduct(LinalgOp op) {
  return isProductOfBytes(op) ||
         (isActivationProduct(op) && !op.hasDynamicShape() &&
          llvm::all_of(op.getDpsInputs(), [](Value operand) {
            return getElementTypeOrSelf(operand.getType()).isInteger(16);
          }));
}

FailureOr<GenericOp> nnq::generalizeNamedOp(RewriterBase &rewriter,
                                            LinalgOp op) {
  DictionaryAttr discardable = op->getDiscardableAttrDictionary();
  FailureOr<GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
  if (failed(generic))
    return failure();
  copyDiscardableAttributes(discardable, *generic);
  return generic;
}
