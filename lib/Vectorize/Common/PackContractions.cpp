//===- PackContractions.cpp - Weights in the order of the kernel ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "CodeTables.h"
#include "ContractionLayout.h"
#include "DepthwiseTaps.h"
#include "Int4Unpacking.h"
#include "ProductPacking.h"
#include "TapPairs.h"
#include "WeightExpansion.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

namespace nnq {
#define GEN_PASS_DEF_PACKCONTRACTIONS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

class ContractionPacker {
public:
  ContractionPacker(RewriterBase &rewriter, ContractionLayout &layout,
                    KernelAttr kernel)
      : rewriter(rewriter), layout(layout), kernel(kernel),
        op(cast<linalg::GenericOp>(layout.contraction.op.getOperation())),
        ranges(op.getStaticLoopRanges()),
        numParallel(op.getIndexingMapsArray().back().getNumResults()),
        groups(llvm::divideCeil(layout.runLength, kernel.getGroup())),
        channels(ranges[layout.contraction.channelLoop]),
        channelsOfGroup(layout.contraction.groupChannels.value_or(channels)),
        blocksOfGroup(llvm::divideCeil(channelsOfGroup, kernel.getLanes())),
        blocks(llvm::divideCeil(channels, channelsOfGroup) * blocksOfGroup) {}

  /// Fails with a reason where the kernel cannot take these weights.
  LogicalResult pack(std::string &reason);

  int64_t paddingBytes = 0, skippedBytes = 0;

private:
  bool widensWeights(int64_t bytes);
  FailureOr<BlockLists> makeLists(const ConstantData &data,
                                  std::string &reason);
  Value packLists(const ConstantData &data, BlockLists lists);
  Value packPlaced(const ConstantData &data, const PlacedWeights &weights);
  FailureOr<Value> packWindows(const ConstantData &data, std::string &reason);
  FailureOr<Value> packSparse(const ConstantData &data, std::string &reason);
  RankedTensorType getPackedType(Type element);
  Value packWeights(const ConstantData &data);
  Value packActivation();
  SmallVector<AffineMap> packedMaps();
  void packGroupConstants(linalg::GenericOp scaling);

  RewriterBase &rewriter;
  ContractionLayout &layout;
  KernelAttr kernel;
  linalg::GenericOp op;
  SmallVector<int64_t> ranges;
  unsigned numParallel;
  /// Groups of elements along the run.
  int64_t groups;
  /// Output channels, and those that share their input; blocks of lanes do not
  /// cross from one such group to the next.
  int64_t channels, channelsOfGroup, blocksOfGroup, blocks;
  std::optional<CodeTables> tables;
};

} // namespace

/// True if weights are better kept in the 16 bits that vpmaddwd reads: many
/// rows share them, so that widening in the kernel is repeated, and they fit in
/// half of a first-level cache even so. A matrix-vector product reads each
/// weight once and stays at 8 bits.
bool ContractionPacker::widensWeights(int64_t bytes) {
  constexpr int64_t kMaxBytes = 16 << 10;
  // Weights that are transformed are widened then.
  if (kernel.getDot() != DotKind::VPMADDWD || kernel.getWinograd() ||
      !getFactorTypes(layout.contraction).weight.isInteger(8))
    return false;
  int64_t rows = 1;
  for (unsigned i = 0; i + 1 < numParallel; ++i)
    rows *= ranges[i];
  return rows >= 8 && 2 * bytes <= kMaxBytes;
}

static std::vector<char> widenToI16(ArrayRef<char> bytes) {
  std::vector<char> wide(2 * bytes.size());
  const auto *narrow = reinterpret_cast<const int8_t *>(bytes.data());
  for (size_t i = 0; i < bytes.size(); ++i) {
    int16_t value = narrow[i];
    std::memcpy(wide.data() + 2 * i, &value, 2);
  }
  return wide;
}

RankedTensorType ContractionPacker::getPackedType(Type element) {
  int64_t part = getPartSpan(kernel);
  SmallVector<int64_t> shape{blocks};
  if (std::optional<unsigned> loop = layout.contraction.groupLoop)
    shape.push_back(ranges[*loop]);
  for (unsigned loop : layout.outerReductions)
    shape.push_back(ranges[loop]);
  shape.push_back(groups);
  if (part != kernel.getGroup())
    shape.push_back(kernel.getGroup() / part);
  shape.append({kernel.getLanes(), part});
  return RankedTensorType::get(shape, element);
}

/// The blocks of the weights that are not zero.
FailureOr<BlockLists> ContractionPacker::makeLists(const ConstantData &data,
                                                   std::string &reason) {
  int64_t parts = getNumParts(kernel), part = getPartSize(kernel);
  FailureOr<BlockSparsity> sparsity =
      BlockSparsity::get(layout, data, kernel.getLanes(), part, reason);
  if (failed(sparsity))
    return failure();
  BlockLists lists = sparsity->getLists(kernel.getTileBlocks(), parts);
  if (addsInI16(kernel.getDot()) && !lists.fitsI16(kernel.getDot(), parts)) {
    reason = "16 bits do not hold the sums of its groups";
    return failure();
  }
  return lists;
}

Value ContractionPacker::packLists(const ConstantData &data, BlockLists lists) {
  RankedTensorType type = getPackedType(data.getType().getElementType());
  skippedBytes = data.getBytes().size() - lists.values.size() -
                 lists.getStepBytes().size() -
                 sizeof(lists.bounds.front()) * lists.bounds.size();
  if (widensWeights(lists.values.size())) {
    lists.values = widenToI16(lists.values);
    type = type.clone(rewriter.getI16Type());
  }
  return emitBlockExpansion(rewriter, op.getLoc(), type, lists,
                            kernel.getTileBlocks(), getNumParts(kernel) > 1,
                            (getLayerName(op) + "_blocks").str());
}

Value ContractionPacker::packPlaced(const ConstantData &data,
                                    const PlacedWeights &weights) {
  skippedBytes =
      data.getBytes().size() - weights.values.size() - weights.places.size();
  return emitPlaceExpansion(rewriter, op.getLoc(),
                            getPackedType(data.getType().getElementType()),
                            weights, (getLayerName(op) + "_weights").str());
}

FailureOr<Value> ContractionPacker::packWindows(const ConstantData &data,
                                                std::string &reason) {
  int64_t part = getPartSize(kernel), parts = getNumParts(kernel);
  SparseKind kind = kernel.getSparse();
  if (failed(WindowSparsity::check(layout, data, kind, reason)))
    return failure();
  WindowLists lists =
      WindowSparsity(layout, data, kernel.getLanes(), part, kind)
          .getLists(kernel.getTileBlocks(), parts);
  if (addsInI16(kernel.getDot()) && !lists.fitsI16(kernel.getDot(), parts)) {
    reason = "16 bits do not hold the sums of its groups";
    return failure();
  }
  skippedBytes = data.getBytes().size() - lists.values.size() -
                 lists.places.size() - lists.getStepBytes().size() -
                 sizeof(lists.bounds.front()) * lists.bounds.size();
  return emitWindowExpansion(rewriter, op.getLoc(),
                             getPackedType(data.getType().getElementType()),
                             lists, kind, kernel.getTileBlocks(), parts > 1,
                             (getLayerName(op) + "_weights").str());
}

/// Weights without those zeros that the kernel skips.
FailureOr<Value> ContractionPacker::packSparse(const ConstantData &data,
                                               std::string &reason) {
  if (kernel.getSparse() == SparseKind::TwoOfFour) {
    FailureOr<PlacedWeights> placed =
        PlacedWeights::getTwoOfFour(layout, data, kernel, reason);
    if (failed(placed))
      return failure();
    return packPlaced(data, *placed);
  }
  if (hasWindows(kernel.getSparse()))
    return packWindows(data, reason);
  FailureOr<BlockLists> lists = makeLists(data, reason);
  if (failed(lists))
    return failure();
  return packLists(data, std::move(*lists));
}

Value ContractionPacker::packWeights(const ConstantData &data) {
  int64_t lanes = kernel.getLanes(), group = kernel.getGroup(),
          part = getPartSize(kernel);
  WeightIndex index(layout);
  RankedTensorType type = getPackedType(data.getType().getElementType());
  size_t width = type.getElementTypeBitWidth() / 8;
  std::vector<char> packed(type.getNumElements() * width, 0);
  int64_t rowSize = groups * lanes * group;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < index.outer; ++o) {
      int64_t inGroup = c % channelsOfGroup;
      int64_t block = c / channelsOfGroup * blocksOfGroup + inGroup / lanes;
      int64_t row =
          (block * index.outer + o) * rowSize + inGroup % lanes * part;
      // Of merged groups, each reads its own part of the run.
      int64_t first = layout.getRunStart(c);
      for (int64_t r = 0; r < layout.getRunLength(); ++r) {
        int64_t at = first + r;
        int64_t to = row + at / part * lanes * part + at % part;
        std::memcpy(packed.data() + to * width,
                    data.getBytes().data() + index.at(c, o, r) * width, width);
      }
    }
  paddingBytes = packed.size() - data.getBytes().size();
  std::string name = (getLayerName(op) + "_weights").str();
  if (kernel.getBits()) {
    Value table;
    int64_t block = index.outer * rowSize;
    for (auto [i, number] : llvm::enumerate(packed))
      number = static_cast<char>(
          tables ? tables->getPlace(static_cast<int64_t>(i) / block, number)
                 : number - kInt4.min);
    if (tables) {
      auto tableType = RankedTensorType::get(
          {tables->getNumTables(), kTableSize}, rewriter.getI8Type());
      table = makeConstant(rewriter, op.getLoc(), tableType,
                           (getLayerName(op) + "_codebook").str(),
                           asBytes<int8_t>(tables->getBytes()));
    }
    int64_t bits = kernel.getBits();
    return emitInt4Unpacking(rewriter, op.getLoc(), type,
                             packNarrow(packed, lanes * group, bits), bits,
                             name, table);
  }
  if (widensWeights(packed.size())) {
    packed = widenToI16(packed);
    type = type.clone(rewriter.getI16Type());
  }
  if (kernel.getFused())
    return emitTapPairs(rewriter, op.getLoc(), type, packed, name);
  return makeConstant(rewriter, op.getLoc(), type, name, packed);
}

Value ContractionPacker::packActivation() {
  Value x = layout.contraction.activation->get();
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(x.getType());
  unsigned dim = layout.runDim;
  int64_t stride = layout.runDimStride;
  SmallVector<AffineExpr> last;
  for (int64_t range : ranges)
    last.push_back(rewriter.getAffineConstantExpr(range - 1));
  auto base = cast<AffineConstantExpr>(layout.runBase.replaceDims(last));
  int64_t needed = base.getValue() * stride + groups * kernel.getGroup();
  int64_t size = llvm::divideCeil(needed, stride);
  if (size > type.getDimSize(dim)) {
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = size;
    Type element = type.getElementType();
    // What is there may be no number, which times a weight of zero is none.
    Value padded =
        isa<FloatType>(element)
            ? emitZeros(rewriter, loc, RankedTensorType::get(shape, element))
            : tensor::EmptyOp::create(rewriter, loc, shape, element);
    auto indices = [&](ArrayRef<int64_t> values) {
      return getAsIndexOpFoldResult(rewriter.getContext(), values);
    };
    SmallVector<int64_t> zeros(type.getRank(), 0), ones(type.getRank(), 1);
    x = tensor::InsertSliceOp::create(rewriter, loc, x, padded, indices(zeros),
                                      indices(type.getShape()), indices(ones));
  }
  if (dim + 1 == type.getRank())
    return x;
  SmallVector<ReassociationIndices> reassociation;
  for (unsigned i = 0; i <= dim; ++i)
    reassociation.push_back({i});
  for (int64_t i = dim + 1; i < type.getRank(); ++i)
    reassociation.back().push_back(i);
  return tensor::CollapseShapeOp::create(rewriter, loc, x, reassociation);
}

SmallVector<AffineMap> ContractionPacker::packedMaps() {
  MLIRContext *context = rewriter.getContext();
  unsigned numOuter = layout.outerReductions.size();
  unsigned numGroupLoops = getNumGroupLoops(kernel);
  unsigned numLoops = numParallel + numOuter + 1 + numGroupLoops;
  AffineExpr group = getAffineDimExpr(numParallel + numOuter, context);
  SmallVector<AffineExpr> inGroup;
  for (unsigned i = numLoops - numGroupLoops; i < numLoops; ++i)
    inGroup.push_back(getAffineDimExpr(i, context));
  AffineExpr channel =
      getAffineDimExpr(layout.contraction.channelLoop, context);
  // Old loops in terms of new ones; those of the run do not occur outside it.
  SmallVector<AffineExpr> loops(op.getNumLoops());
  for (unsigned i = 0; i < numParallel; ++i)
    loops[i] = getAffineDimExpr(i, context);
  for (auto [i, loop] : llvm::enumerate(layout.outerReductions))
    loops[loop] = getAffineDimExpr(numParallel + i, context);
  for (unsigned loop : layout.run)
    loops[loop] = getAffineConstantExpr(0, context);

  AffineMap x = op.getMatchingIndexingMap(layout.contraction.activation);
  SmallVector<AffineExpr> activation;
  for (unsigned dim = 0; dim < layout.runDim; ++dim)
    activation.push_back(x.getResult(dim).replaceDims(loops));
  AffineExpr index = group * kernel.getGroup() + inGroup.back();
  if (numGroupLoops > 1)
    index = index + inGroup.front() * getPartSpan(kernel);
  activation.push_back(layout.runBase.replaceDims(loops) * layout.runDimStride +
                       index);

  AffineExpr channelInGroup = channel,
             block = channel.floorDiv(kernel.getLanes());
  if (channelsOfGroup != channels) {
    channelInGroup = channel % channelsOfGroup;
    block = channel.floorDiv(channelsOfGroup) * blocksOfGroup;
    if (blocksOfGroup > 1)
      block = block + channelInGroup.floorDiv(kernel.getLanes());
  }
  SmallVector<AffineExpr> weight{block};
  if (std::optional<unsigned> loop = layout.contraction.groupLoop)
    weight.push_back(getAffineDimExpr(*loop, context));
  for (unsigned i = 0; i < numOuter; ++i)
    weight.push_back(getAffineDimExpr(numParallel + i, context));
  weight.push_back(group);
  llvm::append_range(weight, ArrayRef(inGroup).drop_back());
  weight.append({channelInGroup % kernel.getLanes(), inGroup.back()});
  return {AffineMap::get(numLoops, 0, activation, context),
          AffineMap::get(numLoops, 0, weight, context),
          AffineMap::getMultiDimIdentityMap(numLoops, context)
              .getMajorSubMap(numParallel)};
}

LogicalResult ContractionPacker::pack(std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights))
    return fail("weights are not constant");
  bool isSparse = kernel.getSparse() != SparseKind::None;
  if (addsInI16(kernel.getDot()) &&
      (!getFactorTypes(layout.contraction).weight.isInteger(8) ||
       (!isSparse &&
        !fitsI16(layout, *weights, kernel.getDot(), kernel.getGroup()))))
    return fail("16 bits do not hold the sums of its groups");
  if (kernel.getCodebook()) {
    FailureOr<CodeTables> found =
        getFactorTypes(layout.contraction).weight.isInteger(8)
            ? CodeTables::get(layout, *weights, kernel.getLanes(),
                              1 << kernel.getBits())
            : FailureOr<CodeTables>();
    if (failed(found))
      return fail("its weights do not fit in tables of so many bits");
    tables = std::move(*found);
  }
  if (kernel.getFused() &&
      (layout.outerReductions.size() != 1 || layout.contraction.groupLoop ||
       ranges[layout.outerReductions.front()] != 3 ||
       !getFactorTypes(layout.contraction).weight.isInteger(8)))
    return fail("'fused' takes weights of 8 bits by three rows of taps");
  if (kernel.getBits() && !tables &&
      (!getFactorTypes(layout.contraction).weight.isInteger(8) ||
       !llvm::all_of(weights->getAs<int8_t>(), [](int8_t value) {
         return value >= kInt4.min && value <= kInt4.max;
       })))
    return fail("its weights do not fit in 4 bits");
  rewriter.setInsertionPoint(op);
  FailureOr<Value> packed =
      isSparse ? packSparse(*weights, reason) : packWeights(*weights);
  if (failed(packed))
    return failure();
  Value w = *packed;
  Value x = packActivation();
  SmallVector<utils::IteratorType> iterators(numParallel,
                                             utils::IteratorType::parallel);
  iterators.append(layout.outerReductions.size() + 1 + getNumGroupLoops(kernel),
                   utils::IteratorType::reduction);
  auto contraction = linalg::GenericOp::create(
      rewriter, op.getLoc(), op.getResultTypes(), ValueRange{x, w},
      op.getOutputs(), packedMaps(), iterators);
  contraction->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(op.getRegion(), contraction.getRegion(),
                              contraction.getRegion().begin());
  // The extension to i32 in the body reads whatever width is stored.
  contraction.getBlock()->getArgument(1).setType(
      getElementTypeOrSelf(w.getType()));
  if (layout.contraction.groupLoop)
    packGroupConstants(findSumOfGroups(op.getResult(0)));
  rewriter.replaceOp(op, contraction.getResults());
  return success();
}

/// Constants by group and channel, so that a kernel reads those of a block of
/// lanes one after the other.
void ContractionPacker::packGroupConstants(linalg::GenericOp scaling) {
  MLIRContext *context = rewriter.getContext();
  int64_t lanes = kernel.getLanes();
  unsigned numLoops = scaling.getNumLoops();
  AffineExpr channel = getAffineDimExpr(numLoops - 2, context);
  AffineExpr group = getAffineDimExpr(numLoops - 1, context);
  SmallVector<AffineMap> maps = scaling.getIndexingMapsArray();
  for (OpOperand *operand : scaling.getDpsInputOperands()) {
    AffineMap &map = maps[operand->getOperandNumber()];
    FailureOr<ConstantData> data = ConstantData::get(operand->get());
    if (failed(data) || map.getResults() != ArrayRef({group, channel}))
      continue;
    int64_t numGroups = data->getShape()[0];
    auto type = RankedTensorType::get({blocks, numGroups, lanes},
                                      data->getType().getElementType());
    size_t width = type.getElementTypeBitWidth() / 8;
    std::vector<char> bytes(type.getNumElements() * width, 0);
    for (int64_t g = 0; g < numGroups; ++g)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t to = (c / lanes * numGroups + g) * lanes + c % lanes;
        std::memcpy(bytes.data() + to * width,
                    data->getBytes().data() + (g * channels + c) * width,
                    width);
      }
    rewriter.modifyOpInPlace(scaling, [&] {
      operand->set(makeConstant(rewriter, op.getLoc(), type,
                                (getLayerName(op) + "_group").str(), bytes));
    });
    map = AffineMap::get(numLoops, 0,
                         {channel.floorDiv(lanes), group, channel % lanes},
                         context);
  }
  scaling.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
}

/// Transposes constant operands of a reduction that is not packed, such as the
/// weights of a depthwise convolution, so that lanes are contiguous.
static bool alignLanes(RewriterBase &rewriter, linalg::GenericOp op) {
  AffineMap out = op.getIndexingMapsArray().back();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t lane = static_cast<int64_t>(out.getNumResults()) - 1;
  while (lane >= 0 && ranges[lane] == 1)
    --lane;
  if (lane < 0 || !out.isProjectedPermutation())
    return false;
  AffineExpr laneExpr = out.getResult(lane);
  bool changed = false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap &map = maps[operand->getOperandNumber()];
    std::optional<unsigned> dim = map.getResultPosition(laneExpr);
    if (!dim || *dim + 1 == map.getNumResults() ||
        !map.isProjectedPermutation())
      continue;
    FailureOr<ConstantData> data = ConstantData::get(operand->get());
    if (failed(data))
      continue;
    SmallVector<int64_t> permutation;
    for (int64_t i = 0; i < map.getNumResults(); ++i)
      if (i != *dim)
        permutation.push_back(i);
    permutation.push_back(*dim);
    SmallVector<AffineExpr> exprs;
    for (int64_t from : permutation)
      exprs.push_back(map.getResult(from));
    auto type =
        RankedTensorType::get(applyPermutation(data->getShape(), permutation),
                              data->getType().getElementType());
    rewriter.setInsertionPoint(op);
    operand->set(makeConstant(
        rewriter, op.getLoc(), type, (getLayerName(op) + "_weights").str(),
        transposeBytes(data->getBytes(), data->getShape(), permutation,
                       type.getElementTypeBitWidth() / 8)));
    map = AffineMap::get(map.getNumDims(), 0, exprs, op.getContext());
    changed = true;
  }
  if (changed)
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  return changed;
}

namespace {
struct PackContractions
    : public nnq::impl::PackContractionsBase<PackContractions> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op->hasAttrOfType<KernelAttr>(kKernelAttr))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttr);
      if (FailureOr<ActivationProduct> product = ActivationProduct::match(op);
          succeeded(product) && isIntegerProduct(op)) {
        packProduct(rewriter, *product, kernel);
        ++packed;
        continue;
      }
      // A packed contraction has weights indexed by channel blocks and is left
      // as it is, which makes the pass idempotent.
      std::string reason;
      FailureOr<ContractionLayout> layout = ContractionLayout::get(op, reason);
      if (failed(layout)) {
        packed += packTaps(rewriter, op) || alignLanes(rewriter, op);
        continue;
      }
      layout->mergeGroups(kernel.getLanes());
      ContractionPacker packer(rewriter, *layout, kernel);
      if (failed(packer.pack(reason))) {
        remarkMissed(op, "nnq-pack-contractions", reason);
        continue;
      }
      ++packed;
      paddingBytes += packer.paddingBytes;
      skippedBytes += packer.skippedBytes;
    }
  }
};
} // namespace
