//===- LayerView.cpp - Layers as products of matrices ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/LayerView.h"
#include "nnq/Support/Statistics.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"

using namespace mlir;
using namespace nnq;

/// True if `expr` is a sum of terms, each of one loop or of none.
static bool isSeparable(AffineExpr expr) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    return isSeparable(sum.getLHS()) && isSeparable(sum.getRHS());
  }
  llvm::SmallDenseSet<unsigned> loops;
  expr.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      loops.insert(dim.getPosition());
  });
  return loops.size() <= 1;
}

/// What `expr` is with all loops at 0 but `loop` at `index`.
static int64_t evaluate(AffineExpr expr, unsigned loop, int64_t index) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return number.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition() == loop ? index : 0;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t left = evaluate(binary.getLHS(), loop, index);
  int64_t right = evaluate(binary.getRHS(), loop, index);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul:
    return left * right;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(left, right);
  case AffineExprKind::CeilDiv:
    return llvm::divideCeilSigned(left, right);
  case AffineExprKind::Mod:
    return llvm::mod(left, right);
  default:
    llvm_unreachable("no binary expression");
  }
}

static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = shape.size() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/// Adds one more loop inside of those that `offsets` stand for.
static void addLoop(SmallVectorImpl<int64_t> &offsets, int64_t size,
                    function_ref<int64_t(int64_t)> getOffset) {
  SmallVector<int64_t> result;
  for (int64_t offset : offsets)
    for (int64_t i = 0; i < size; ++i)
      result.push_back(offset + getOffset(i));
  offsets.assign(result.begin(), result.end());
}

FailureOr<LayerView> LayerView::get(linalg::LinalgOp op,
                                    const WeightedOp &operands,
                                    std::string &reason) {
  LayerView view;
  view.activationMap = op.getMatchingIndexingMap(operands.activation);
  view.outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  view.activationShape = llvm::to_vector(op.getShape(operands.activation));
  view.outputShape = llvm::to_vector(op.getShape(op.getDpsInitOperand(0)));
  AffineMap weightMap = op.getMatchingIndexingMap(operands.weight);
  ArrayRef<int64_t> shape = op.getShape(operands.weight);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  if (!weightMap.isProjectedPermutation() ||
      !view.outputMap.isProjectedPermutation())
    return fail("its weights or results are indexed by sums");
  if (!llvm::all_of(view.activationMap.getResults(), isSeparable))
    return fail("its input is indexed by products");
  if (ShapedType::isDynamicShape(shape))
    return fail("its weights are of dynamic shape");

  view.channelOffsets = view.depthOffsets = view.groups = {0};
  SmallVector<AffineExpr> channels;
  SmallVector<int64_t> strides = getStrides(shape);
  for (auto [i, expr] : llvm::enumerate(weightMap.getResults())) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    int64_t stride = strides[i];
    Loop loop{dim, shape[i]};
    auto step = [&](int64_t index) { return index * stride; };
    if (linalg::isReductionIterator(iterators[dim])) {
      addLoop(view.depthOffsets, loop.size, step);
      view.depthLoops.push_back(loop);
      continue;
    }
    addLoop(view.channelOffsets, loop.size, step);
    view.channelSizes.push_back(loop.size);
    std::optional<unsigned> at = view.outputMap.getResultPosition(expr);
    if (!at)
      return fail("its result lacks a loop of the weights");
    channels.push_back(getAffineDimExpr(*at, op.getContext()));
    if (!view.activationMap.isFunctionOfDim(dim)) {
      addLoop(view.groups, loop.size, [](int64_t) { return 0; });
      continue;
    }
    loop.perGroup = getGroupChannels(view.activationMap, dim).value_or(1);
    int64_t count = llvm::divideCeilSigned(loop.size, loop.perGroup);
    for (int64_t &group : view.groups)
      group *= count;
    addLoop(view.groups, loop.size,
            [&](int64_t index) { return index / loop.perGroup; });
    view.numGroups *= count;
    view.groupLoops.push_back(loop);
  }
  view.channelMap =
      AffineMap::get(view.outputShape.size(), 0, channels, op.getContext());
  for (auto [i, iterator] : llvm::enumerate(iterators)) {
    AffineExpr loop = getAffineDimExpr(i, op.getContext());
    if (weightMap.getResultPosition(loop))
      continue;
    if (linalg::isReductionIterator(iterator))
      return fail("it sums over more than its weights");
    view.positionLoops.push_back(i);
  }
  return view;
}

FailureOr<LayerView::Patches> LayerView::getPatches(int64_t count) const {
  SmallVector<int64_t> shape = activationShape;
  int64_t known = 1;
  for (int64_t size : shape)
    known *= ShapedType::isDynamic(size) ? 1 : size;
  if (llvm::count(shape, ShapedType::kDynamic) > 1 || known == 0 ||
      count % known != 0)
    return failure();
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = count / known;

  SmallVector<int64_t> strides = getStrides(shape);
  // Offsets of other loops are 0, and those that no loop has count once.
  auto getOffset = [&](unsigned loop, int64_t index) {
    int64_t offset = 0;
    for (auto [expr, stride] : llvm::zip(activationMap.getResults(), strides))
      offset +=
          (evaluate(expr, loop, index) - evaluate(expr, loop, 0)) * stride;
    return offset;
  };
  Patches patches;
  patches.groupOffsets = patches.depthOffsets = {0};
  int64_t first = 0;
  for (auto [expr, stride] : llvm::zip(activationMap.getResults(), strides))
    first += evaluate(expr, /*loop=*/0, 0) * stride;
  patches.positionOffsets = {first};
  for (const Loop &loop : groupLoops)
    addLoop(patches.groupOffsets,
            llvm::divideCeilSigned(loop.size, loop.perGroup),
            [&](int64_t i) { return getOffset(loop.dim, i * loop.perGroup); });
  for (const Loop &loop : depthLoops)
    addLoop(patches.depthOffsets, loop.size,
            [&](int64_t i) { return getOffset(loop.dim, i); });
  for (unsigned loop : positionLoops) {
    AffineExpr dim = getAffineDimExpr(loop, activationMap.getContext());
    std::optional<unsigned> out = outputMap.getResultPosition(dim);
    if (!out)
      return failure();
    int64_t size = outputShape[*out];
    std::optional<unsigned> in = activationMap.getResultPosition(dim);
    // A loop that the activation lacks repeats the same patches.
    if (!activationMap.isFunctionOfDim(loop))
      continue;
    if (ShapedType::isDynamic(size) && !in)
      return failure();
    addLoop(patches.positionOffsets,
            ShapedType::isDynamic(size) ? shape[*in] : size,
            [&](int64_t i) { return getOffset(loop, i); });
  }
  return patches;
}

bool LayerView::fits(InputStatsAttr stats) const {
  return stats.getMin().getShapedType().getShape() ==
             ArrayRef<int64_t>{numGroups, getDepth()} &&
         stats.getOutputMean().getNumElements() == getNumChannels();
}

FailureOr<ObservedLayer> ObservedLayer::get(linalg::LinalgOp op,
                                            const WeightedOp &operands,
                                            bool isCorrelated,
                                            std::string &reason) {
  FailureOr<InputStatsAttr> stats = findInputStats(op, isCorrelated, reason);
  if (failed(stats))
    return failure();
  FailureOr<LayerView> view = LayerView::get(op, operands, reason);
  if (failed(view))
    return failure();
  if (!view->fits(*stats)) {
    reason = "the statistics of its input are of another shape";
    return failure();
  }
  return ObservedLayer{std::move(*view), *stats};
}

bool LayerView::readsAs(const LayerView &other) const {
  if (activationShape != other.activationShape ||
      numGroups != other.numGroups || getDepth() != other.getDepth())
    return false;
  int64_t count = 1;
  for (int64_t size : activationShape)
    count *= ShapedType::isDynamic(size) ? 1 : size;
  FailureOr<Patches> mine = getPatches(count), others = other.getPatches(count);
  return succeeded(mine) && succeeded(others) &&
         mine->groupOffsets == others->groupOffsets &&
         mine->depthOffsets == others->depthOffsets &&
         mine->positionOffsets == others->positionOffsets;
}

FailureOr<std::vector<int64_t>> nnq::evaluateAtWeights(linalg::LinalgOp op,
                                                       OpOperand *weight,
                                                       AffineExpr expr) {
  AffineMap map = op.getMatchingIndexingMap(weight);
  if (!isSeparable(expr) || !map.isProjectedPermutation())
    return failure();
  SmallVector<int64_t> values{evaluate(expr, /*loop=*/0, 0)};
  bool hasAll = true;
  expr.walk([&](AffineExpr part) {
    if (isa<AffineDimExpr>(part) && !map.getResultPosition(part))
      hasAll = false;
  });
  if (!hasAll)
    return failure();
  for (auto [loop, size] : llvm::zip(map.getResults(), op.getShape(weight))) {
    unsigned dim = cast<AffineDimExpr>(loop).getPosition();
    int64_t start = evaluate(expr, dim, 0);
    addLoop(values, size,
            [&](int64_t i) { return evaluate(expr, dim, i) - start; });
  }
  return std::vector<int64_t>(values.begin(), values.end());
}
