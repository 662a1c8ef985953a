//===- DepthwiseTaps.cpp - Weights of depthwise taps in pairs -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseTaps.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Layers.h"

using namespace mlir;
using namespace nnq;

/// Where the weight of one channel and tap is, in terms of the loops.
static SmallVector<AffineExpr> packedIndices(AffineExpr channel,
                                             ArrayRef<AffineExpr> outer,
                                             AffineExpr tap, int64_t lanes) {
  constexpr int64_t kHalf = kShuffleLanes / 2;
  SmallVector<AffineExpr> result{channel.floorDiv(lanes)};
  llvm::append_range(result, outer);
  result.append({channel.floorDiv(kHalf) % 2,
                 channel.floorDiv(kShuffleLanes) % (lanes / kShuffleLanes),
                 channel % kHalf, tap});
  return result;
}

/// The packed weights of a kernel with loops `reductions`, the last two of
/// which are pairs and their elements.
static SmallVector<int64_t>
packedShape(int64_t channels, ArrayRef<int64_t> reductions, int64_t lanes) {
  SmallVector<int64_t> shape{(channels + lanes - 1) / lanes};
  llvm::append_range(shape, reductions.drop_back());
  shape.append({2, lanes / kShuffleLanes, kShuffleLanes / 2, 2});
  return shape;
}

/// The map of packed weights with `numParallel` of `numLoops` loops.
static AffineMap packedMap(MLIRContext *context, unsigned numParallel,
                           unsigned numLoops, unsigned channelLoop,
                           int64_t lanes) {
  SmallVector<AffineExpr> outer;
  for (unsigned loop = numParallel; loop + 1 < numLoops; ++loop)
    outer.push_back(getAffineDimExpr(loop, context));
  return AffineMap::get(
      numLoops, 0,
      packedIndices(getAffineDimExpr(channelLoop, context), outer,
                    getAffineDimExpr(numLoops - 1, context), lanes),
      context);
}

/// Tap of element `element` of pair `pair`.
static AffineExpr tapOf(AffineExpr pair, AffineExpr element, int64_t taps) {
  AffineExpr first = pair * 2;
  if (taps % 2 != 0)
    first = first - pair.floorDiv(taps / 2);
  return first + element;
}

bool nnq::hasPackedTaps(linalg::GenericOp op) {
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttr);
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (failed(contraction) || !kernel ||
      kernel.getLanes() % kShuffleLanes != 0 || op.getNumReductionLoops() < 2)
    return false;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned numParallel = op.getNumParallelLoops();
  auto type = cast<ShapedType>(contraction->weight->get().getType());
  return type.getElementType().isInteger(16) &&
         type.getShape() ==
             ArrayRef(packedShape(ranges[contraction->channelLoop],
                                  ArrayRef(ranges).drop_front(numParallel),
                                  kernel.getLanes())) &&
         op.getMatchingIndexingMap(contraction->weight) ==
             packedMap(op.getContext(), numParallel, op.getNumLoops(),
                       contraction->channelLoop, kernel.getLanes());
}

/// The weights `data` in the order of `packed`.
static Value packWeights(RewriterBase &rewriter, linalg::GenericOp op,
                         const Contraction &contraction,
                         const ConstantData &data, AffineMap packed,
                         RankedTensorType type) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  AffineMap map = op.getMatchingIndexingMap(contraction.weight);
  unsigned numParallel = op.getNumParallelLoops();
  int64_t points = 1;
  for (int64_t size : ArrayRef(ranges).drop_front(numParallel))
    points *= size;
  auto offsetIn = [](ArrayRef<int64_t> at, ArrayRef<int64_t> shape) {
    int64_t offset = 0;
    for (auto [index, size] : llvm::zip_equal(at, shape))
      offset = offset * size + index;
    return offset;
  };
  std::vector<int16_t> values(type.getNumElements(), 0);
  ArrayRef<int8_t> source = data.getAs<int8_t>();
  for (int64_t c = 0; c < ranges[contraction.channelLoop]; ++c)
    for (int64_t point = 0; point < points; ++point) {
      SmallVector<int64_t> loops(ranges.size(), 0);
      loops[contraction.channelLoop] = c;
      int64_t rest = point;
      for (unsigned loop = ranges.size(); loop-- > numParallel;) {
        loops[loop] = rest % ranges[loop];
        rest /= ranges[loop];
      }
      int64_t tap = loops.back();
      SmallVector<int64_t> to(loops);
      // An odd last tap is the second of its pair.
      bool isOddLast = ranges.back() % 2 != 0 && tap + 1 == ranges.back();
      to.back() = tap / 2;
      to.push_back(isOddLast ? 1 : tap % 2);
      values[offsetIn(packed.compose(to), type.getShape())] =
          source[offsetIn(map.compose(loops), data.getShape())];
    }
  return makeConstant(rewriter, op.getLoc(), type,
                      (getLayerName(op) + "_weights").str(),
                      asBytes<int16_t>(values));
}

linalg::GenericOp nnq::packTaps(RewriterBase &rewriter, linalg::GenericOp op) {
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttr);
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (failed(contraction) || op.hasDynamicShape() ||
      kernel.getDot() != DotKind::VPMADDWD || kernel.getGroup() != 2 ||
      kernel.getLanes() % kShuffleLanes != 0)
    return {};
  MLIRContext *context = op.getContext();
  AffineMap map = op.getMatchingIndexingMap(contraction->weight);
  FailureOr<ConstantData> data = ConstantData::get(contraction->weight->get());
  unsigned numParallel = op.getNumParallelLoops();
  unsigned numLoops = op.getNumLoops() + 1;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t taps = ranges.back();
  // A single tap has no neighbour to be paired with.
  if (failed(data) || !data->getType().getElementType().isInteger(8) ||
      !map.isProjectedPermutation() || taps < 2 ||
      op.getIndexingMapsArray().back() !=
          AffineMap::getMultiDimIdentityMap(numLoops - 1, context)
              .getMajorSubMap(numParallel))
    return {};

  SmallVector<int64_t> reductions(ArrayRef(ranges).drop_front(numParallel));
  reductions.back() = (taps + 1) / 2;
  reductions.push_back(2);
  auto type =
      RankedTensorType::get(packedShape(ranges[contraction->channelLoop],
                                        reductions, kernel.getLanes()),
                            rewriter.getI16Type());
  AffineMap w = packedMap(context, numParallel, numLoops,
                          contraction->channelLoop, kernel.getLanes());
  rewriter.setInsertionPoint(op);
  Value weights = packWeights(rewriter, op, *contraction, *data, w, type);

  // Old loops in terms of new ones.
  SmallVector<AffineExpr> loops;
  for (unsigned i = 0; i + 2 < numLoops; ++i)
    loops.push_back(getAffineDimExpr(i, context));
  loops.push_back(tapOf(getAffineDimExpr(numLoops - 2, context),
                        getAffineDimExpr(numLoops - 1, context), taps));
  AffineMap x = op.getMatchingIndexingMap(contraction->activation)
                    .replaceDimsAndSymbols(loops, {}, numLoops, 0);
  SmallVector<utils::IteratorType> iterators(op.getIteratorTypesArray());
  iterators.push_back(utils::IteratorType::reduction);
  auto packed = linalg::GenericOp::create(
      rewriter, op.getLoc(), op.getResultTypes(),
      ValueRange{contraction->activation->get(), weights}, op.getOutputs(),
      ArrayRef<AffineMap>{x, w,
                          AffineMap::getMultiDimIdentityMap(numLoops, context)
                              .getMajorSubMap(numParallel)},
      iterators);
  packed->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(op.getRegion(), packed.getRegion(),
                              packed.getRegion().begin());
  packed.getBlock()->getArgument(1).setType(rewriter.getI16Type());
  rewriter.replaceOp(op, packed.getResults());
  return packed;
}
