//===- ContractionLayout.cpp - What a micro-kernel sees -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ContractionLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nnq/Support/QuantMath.h"

using namespace mlir;
using namespace nnq;

FactorTypes nnq::getFactorTypes(const Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  auto isSigned = [&](OpOperand *operand) {
    return !isExtendedUnsigned(op.getMatchingBlockArgument(operand));
  };
  return {getElementTypeOrSelf(contraction.activation->get().getType()),
          getElementTypeOrSelf(contraction.weight->get().getType()),
          isSigned(contraction.activation), isSigned(contraction.weight)};
}

/// Splits `base + loop`, where `loop` is a reduction that is walked in steps of
/// one.
static std::optional<unsigned> matchRun(AffineExpr expr, linalg::LinalgOp op,
                                        AffineExpr &base) {
  auto isReduction = [&](AffineExpr term) {
    auto dim = dyn_cast<AffineDimExpr>(term);
    return dim && op.getIteratorTypesArray()[dim.getPosition()] ==
                      utils::IteratorType::reduction;
  };
  base = getAffineConstantExpr(0, expr.getContext());
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
      sum && sum.getKind() == AffineExprKind::Add) {
    expr = sum.getRHS();
    base = sum.getLHS();
    if (!isReduction(expr))
      std::swap(expr, base);
  }
  if (!isReduction(expr))
    return std::nullopt;
  unsigned loop = cast<AffineDimExpr>(expr).getPosition();
  if (base.isFunctionOfDim(loop))
    return std::nullopt;
  return loop;
}

FailureOr<ContractionLayout> ContractionLayout::get(Operation *op,
                                                    std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  FailureOr<Contraction> contraction = Contraction::match(op);
  if (failed(contraction) && op->getNumResults() == 1 &&
      findSumOfGroups(op->getResult(0)))
    contraction = Contraction::matchGroups(op);
  if (failed(contraction))
    return fail("not a contraction with one channel loop");
  linalg::LinalgOp linalgOp = contraction->op;
  if (linalgOp.hasDynamicShape())
    return fail("dynamic shape");
  AffineMap out =
      linalgOp.getMatchingIndexingMap(linalgOp.getDpsInitOperand(0));
  for (auto [i, expr] : llvm::enumerate(out.getResults()))
    if (expr != getAffineDimExpr(i, op->getContext()))
      return fail("loops are not in the order of the result");
  if (contraction->channelDim + 1 != out.getNumResults())
    return fail("the channel is not the innermost dimension of the result");
  AffineMap w = linalgOp.getMatchingIndexingMap(contraction->weight);
  if (!w.isProjectedPermutation())
    return fail("the weights are not indexed by plain loops");

  ContractionLayout layout;
  layout.contraction = *contraction;
  SmallVector<int64_t> ranges = linalgOp.getStaticLoopRanges();
  AffineMap x = linalgOp.getMatchingIndexingMap(contraction->activation);
  ArrayRef<int64_t> shape =
      cast<ShapedType>(contraction->activation->get().getType()).getShape();
  if (x.getNumResults() == 0)
    return fail("the activation is a single number");
  layout.runDim = x.getNumResults();
  int64_t stride = 1;
  auto take = [&](unsigned loop, unsigned dim) {
    layout.run.insert(layout.run.begin(), loop);
    layout.runLength *= ranges[loop];
    layout.runDim = dim;
    layout.runDimStride = stride;
    stride *= shape[dim];
  };
  AffineExpr zero = getAffineConstantExpr(0, op->getContext());
  layout.runBase = zero;
  for (int64_t dim = x.getNumResults() - 1; dim >= 0; --dim) {
    std::optional<unsigned> loop =
        matchRun(x.getResult(dim), linalgOp, layout.runBase);
    // The run goes on as long as whole dimensions are walked.
    if (!loop || (layout.runBase == zero && ranges[*loop] != shape[dim])) {
      layout.runBase = zero;
      break;
    }
    take(*loop, dim);
    if (layout.runBase != zero)
      break;
  }
  // Without a run, as in a dilated window over one channel, elements are taken
  // one at a time from the innermost dimension that has several.
  if (layout.runBase == zero)
    while (layout.runDim > 0 && stride == 1) {
      --layout.runDim;
      layout.runBase = x.getResult(layout.runDim);
      stride *= shape[layout.runDim];
    }
  for (unsigned loop = out.getNumResults(); loop < linalgOp.getNumLoops();
       ++loop)
    if (!llvm::is_contained(layout.run, loop))
      layout.outerReductions.push_back(loop);
  return layout;
}

WeightIndex::WeightIndex(const ContractionLayout &layout) {
  linalg::LinalgOp op = layout.contraction.op;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<int64_t> strides(op.getNumLoops(), 0);
  AffineMap map = op.getMatchingIndexingMap(layout.contraction.weight);
  ArrayRef<int64_t> shape = op.getShape(layout.contraction.weight);
  int64_t stride = 1;
  for (int64_t dim = map.getNumResults() - 1; dim >= 0; --dim) {
    strides[cast<AffineDimExpr>(map.getResult(dim)).getPosition()] = stride;
    stride *= shape[dim];
  }
  channels = ranges[layout.contraction.channelLoop];
  channelStride = strides[layout.contraction.channelLoop];
  outer = 1;
  SmallVector<unsigned> loops(layout.outerReductions);
  if (std::optional<unsigned> groups = layout.contraction.groupLoop)
    loops.insert(loops.begin(), *groups);
  for (unsigned loop : loops) {
    outer *= ranges[loop];
    outerLoops.push_back({ranges[loop], strides[loop]});
  }
  for (unsigned loop : layout.run)
    runLoops.push_back({ranges[loop], strides[loop]});
}

int64_t WeightIndex::offsetOf(ArrayRef<Loop> loops, int64_t index) {
  int64_t offset = 0;
  for (const Loop &loop : llvm::reverse(loops)) {
    offset += index % loop.size * loop.stride;
    index /= loop.size;
  }
  return offset;
}

int64_t nnq::getPartSize(KernelAttr kernel) {
  bool hasParts = addsInI16(kernel.getDot()) ||
                  kernel.getDot() == DotKind::TDPBUSD || kernel.getBits() ||
                  selectsPlaces(kernel.getSparse());
  return hasParts ? getPartSize(kernel.getDot()) : kernel.getGroup();
}

int64_t nnq::getPartSpan(KernelAttr kernel) {
  int64_t size = getPartSize(kernel);
  return kernel.getSparse() == SparseKind::TwoOfFour ? 2 * size : size;
}

int64_t nnq::getNumParts(KernelAttr kernel) {
  return kernel.getGroup() / getPartSpan(kernel);
}

unsigned nnq::getNumGroupLoops(KernelAttr kernel) {
  return getNumParts(kernel) > 1 ? 2 : 1;
}

bool NarrowSum::fits() const {
  return dot == DotKind::VPMADDUBSW
             ? std::max(sums[0], sums[1]) <= kMaxWeightSumI16
             : sums[0] + sums[1] <= kMaxSignedWeightSumI16;
}

bool nnq::fitsI16(const ContractionLayout &layout, const ConstantData &weights,
                  DotKind dot, int64_t group) {
  int64_t part = getPartSize(dot), neighbours = NarrowSum::getNeighbours(dot);
  WeightIndex index(layout);
  ArrayRef<int8_t> values = weights.getAs<int8_t>();
  for (int64_t channel = 0; channel < index.channels; ++channel) {
    int64_t start = layout.getRunStart(channel), length = layout.getRunLength();
    for (int64_t step = 0; step < index.outer; ++step) {
      SmallVector<NarrowSum> sums(part / neighbours, NarrowSum(dot));
      for (int64_t r = 0; r < length; ++r) {
        int64_t at = start + r;
        if (at % group == 0)
          sums.assign(sums.size(), NarrowSum(dot));
        NarrowSum &sum = sums[at % part / neighbours];
        sum.add(values[index.at(channel, step, r)]);
        if (!sum.fits())
          return false;
      }
    }
  }
  return true;
}

int64_t ContractionLayout::getRunStart(int64_t channel) const {
  int64_t size = getGroupChannels();
  return channel % size * mergedGroups / size * getRunLength();
}

int64_t ContractionLayout::getGroupChannels() const {
  linalg::LinalgOp op = contraction.op;
  return contraction.groupChannels.value_or(
      op.getStaticLoopRanges()[contraction.channelLoop]);
}

void ContractionLayout::mergeGroups(int64_t lanes) {
  if (!contraction.groupChannels)
    return;
  linalg::LinalgOp op = contraction.op;
  int64_t size = *contraction.groupChannels;
  int64_t channels = op.getStaticLoopRanges()[contraction.channelLoop];
  int64_t count = std::min(channels / size, lanes / size);
  // Behind the last group lies memory that is no finite number: zero times that
  // is zero for integers only.
  if (isa<FloatType>(getFactorTypes(contraction).activation))
    while (count > 1 && channels / size % count != 0)
      --count;
  // One group must follow the other in the activation.
  MLIRContext *context = op.getContext();
  AffineExpr channel = getAffineDimExpr(contraction.channelLoop, context);
  AffineExpr group = channel.floorDiv(size);
  if (count < 2 || runDimStride != 1 || run.size() > 1 ||
      runBase != group * runLength)
    return;
  mergedGroups = count;
  runLength *= count;
  if (size * count == channels) {
    contraction.groupChannels = std::nullopt;
    runBase = getAffineConstantExpr(0, context);
    return;
  }
  contraction.groupChannels = size * count;
  runBase = channel.floorDiv(size * count) * runLength;
}

int64_t nnq::getNarrowBits(Operation *op) {
  auto bits = op->getAttrOfType<IntegerAttr>(kWeightBitsAttr);
  return bits ? bits.getInt() : 0;
}

linalg::GenericOp nnq::getFusiblePool(Operation *op) {
  Value result = op->getResult(0);
  if (!result.hasOneUse())
    return {};
  auto pool = dyn_cast<linalg::GenericOp>(*result.user_begin());
  if (!pool || !isMaxReduction(pool) || pool.getInputs()[0] != result)
    return {};
  return pool;
}
