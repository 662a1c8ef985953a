//===- KernelGroup.cpp - A reduction and what it feeds --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelGroup.h"

#include "DepthwiseTaps.h"
#include "Int4Unpacking.h"
#include "TapPairs.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "nnq/Support/Contraction.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace nnq;

/// The fill that initializes the output of `op`: the last writer before it.
static bool isViewOf(Value view, Value buffer) {
  while (view != buffer) {
    auto op = view.getDefiningOp<ViewLikeOpInterface>();
    if (!op)
      return false;
    view = op.getViewSource();
  }
  return true;
}

static linalg::FillOp findInit(linalg::GenericOp op) {
  Value out = op.getOutputs()[0];
  for (Operation *prev = op->getPrevNode(); prev; prev = prev->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(prev);
    if (fill && fill.getOutputs()[0] == out)
      return fill;
    if (llvm::any_of(prev->getOperands(), [&](Value operand) {
          return isViewOf(operand, out) && !isa<ViewLikeOpInterface>(prev);
        }))
      return {};
  }
  return {};
}

/// The generic that alone reads the buffer that `op` writes, if the buffer is
/// of no use otherwise.
static linalg::GenericOp findSoleReader(linalg::GenericOp op,
                                        linalg::FillOp init) {
  Value buffer = op.getOutputs()[0];
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return {};
  linalg::GenericOp reader;
  for (Operation *user : buffer.getUsers()) {
    if (user == op || user == init || isa<memref::DeallocOp>(user))
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || (reader && reader != generic) ||
        generic.getOutputs()[0] == buffer ||
        llvm::count(generic.getInputs(), buffer) != 1)
      return {};
    reader = generic;
  }
  if (!reader || reader->getBlock() != op->getBlock() ||
      !op->isBeforeInBlock(reader))
    return {};
  return reader;
}

Value nnq::getBase(Value view) {
  while (auto op = view.getDefiningOp<ViewLikeOpInterface>())
    view = op.getViewSource();
  return view;
}

static bool isMajorIdentity(AffineMap map) {
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr != getAffineDimExpr(i, map.getContext()))
      return false;
  return true;
}

/// True if `op` copies to an allocation that `from` does not use, and not what
/// that writes.
static bool isCopyApart(Operation *op, Operation *from) {
  auto copy = dyn_cast<memref::CopyOp>(op);
  if (!copy)
    return false;
  Value target = getBase(copy.getTarget()), source = getBase(copy.getSource());
  Value result = getBase(cast<linalg::LinalgOp>(from).getDpsInits()[0]);
  return target.getDefiningOp<memref::AllocOp>() && source != result &&
         llvm::none_of(from->getOperands(), [&](Value operand) {
           return getBase(operand) == target;
         });
}

/// The contraction may move to where its root is: nothing in between writes
/// what it reads.
static bool canSinkTo(Operation *from, Operation *to,
                      const DenseSet<Operation *> &members) {
  for (Operation *op = from->getNextNode(); op && op != to;
       op = op->getNextNode()) {
    if (members.contains(op) || isa<memref::AllocOp>(op) ||
        isCopyApart(op, from))
      continue;
    // A fill of a buffer that the group does not read is harmless; any other
    // effect may change an operand.
    auto fill = dyn_cast<linalg::FillOp>(op);
    if (fill && llvm::is_contained(from->getOperands(), fill.getOutputs()[0]))
      return false;
    if (!fill && !isMemoryEffectFree(op))
      return false;
  }
  return true;
}

/// True if a reduction or pool has the loops of the result first, in order.
static bool hasKernelLoops(linalg::GenericOp op) {
  return op.getNumDpsInits() == 1 &&
         isMajorIdentity(op.getIndexingMapsArray().back());
}

/// The maximum over disjoint windows that alone reads the result of `group`.
static void matchPool(KernelGroup &group, linalg::GenericOp reader) {
  if (!isMaxReduction(reader) || !hasKernelLoops(reader) ||
      reader.getInputs()[0] != group.reduction.getOutputs()[0])
    return;
  linalg::FillOp init = findInit(reader);
  bool isUnsigned = isa<arith::MaxUIOp>(
      reader.getBlock()->getTerminator()->getOperand(0).getDefiningOp());
  if (!init || !isLowestValue(init.getInputs()[0], isUnsigned) ||
      !canSinkTo(group.reduction, reader, {group.reduction}))
    return;
  group.pool = reader;
  group.poolInit = init;
}

bool nnq::isBlockMap(AffineMap map, unsigned loop, int64_t lanes) {
  AffineExpr channel = getAffineDimExpr(loop, map.getContext());
  return map.getNumResults() > 1 &&
         map.getResult(0) == channel.floorDiv(lanes) &&
         map.getResults().back() == channel % lanes &&
         llvm::none_of(
             map.getResults().drop_front().drop_back(),
             [&](AffineExpr expr) { return expr.isFunctionOfDim(loop); });
}

/// As canEmitRows, but operands may be packed by blocks.
static bool canEmitScaling(linalg::GenericOp op, unsigned loop, int64_t lanes) {
  if (!isBodyOnVectors(op))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!type)
      return false;
    if (isBlockMap(map, loop, lanes) && type.getLayout().isIdentity() &&
        type.getShape().back() == lanes)
      continue;
    std::optional<int64_t> stride = getLoopStride(type, map, loop);
    if (!stride || (op.isDpsInit(&operand) && *stride != 1))
      return false;
  }
  return true;
}

/// The sum over groups that alone reads the result of `group`, sums by group.
static void matchScaling(KernelGroup &group, linalg::GenericOp reader) {
  unsigned lane = group.laneLoop - 1;
  if (!isSumOfGroups(reader, group.reduction.getOutputs()[0]) ||
      !canEmitScaling(reader, lane, group.kernel.getLanes()) ||
      !canSinkTo(group.reduction, reader, {group.reduction}))
    return;
  linalg::FillOp init = findInit(reader);
  if (!init)
    return;
  group.scaling = reader;
  group.scalingInit = init;
  group.laneLoop = lane;
}

/// The elementwise op that alone reads the result of `group`.
static void matchEpilogue(KernelGroup &group, linalg::GenericOp reader) {
  DenseSet<Operation *> members{group.reduction};
  if (group.pool) {
    members.insert(group.pool);
    members.insert(group.poolInit);
  }
  if (group.scaling) {
    members.insert(group.scaling);
    members.insert(group.scalingInit);
  }
  linalg::GenericOp last = group.last();
  unsigned rank = last.getIndexingMapsArray().back().getNumResults();
  if (reader.getNumReductionLoops() != 0 || reader.getNumDpsInits() != 1 ||
      !reader.getIndexingMapsArray().back().isPermutation() || rank == 0 ||
      reader.getNumLoops() != rank || !canEmitRows(reader, group.laneLoop) ||
      !canSinkTo(group.reduction, reader, members))
    return;
  // A result in place of an operand would be read as one.
  Value result = getBase(reader.getOutputs()[0]);
  for (linalg::GenericOp op : {group.reduction, group.scaling})
    for (Value operand : op ? ValueRange(op.getInputs()) : ValueRange())
      if (getBase(operand) == result)
        return;
  for (OpOperand *operand : reader.getDpsInputOperands())
    if (operand->get() == group.source() &&
        reader.getMatchingIndexingMap(operand).isIdentity())
      group.epilogue = reader;
}

/// True if the last operand holds weights in blocks of lanes, each of which a
/// group of the activation is multiplied with.
static bool isPacked(linalg::GenericOp op) {
  AffineMap weights = op.getIndexingMapsArray()[op.getNumDpsInputs() - 1];
  return isMultiplyAddBody(op) && !hasPackedTaps(op) &&
         !weights.isProjectedPermutation() &&
         op.getIndexingMapsArray().back().getNumResults() > 0 &&
         llvm::any_of(weights.getResults(), [](AffineExpr result) {
           return result
               .walk([](AffineExpr expr) {
                 return expr.getKind() == AffineExprKind::FloorDiv
                            ? WalkResult::interrupt()
                            : WalkResult::advance();
               })
               .wasInterrupted();
         });
}

/// Blocks of packed weights lie along the innermost loop of the result; other
/// lanes along its innermost loop of more than one step.
static unsigned findLaneLoop(linalg::GenericOp op, bool packed) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  // A number has no loop: -1.
  int64_t last = op.getIndexingMapsArray().back().getNumResults();
  --last;
  if (packed)
    return last;
  for (int64_t loop = last; loop >= 0; --loop)
    if (ranges[loop] > 1)
      return loop;
  return std::max<int64_t>(last, 0);
}

FailureOr<KernelGroup> KernelGroup::match(linalg::GenericOp op,
                                          std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  KernelGroup group;
  group.reduction = op;
  group.kernel = op->getAttrOfType<KernelAttr>(kKernelAttr);
  if (!hasKernelLoops(op) || op.hasDynamicShape())
    return fail("loops are not in the order of the result");
  group.packed = isPacked(op);
  group.laneLoop = findLaneLoop(op, group.packed);
  group.init = findInit(op);
  if (!group.init)
    return fail("the accumulator does not start from a fill");
  if (group.packed && group.kernel.getBits()) {
    group.unpacking = findInt4Unpacking(op.getInputs()[1], op);
    if (!group.unpacking)
      return fail("the weights of 4 bits are not packed for the kernel");
  }
  if (group.packed && group.kernel.getFused()) {
    group.unpacking = findTapPairs(op.getInputs()[1], op);
    if (!group.unpacking)
      return fail("the taps of its weights are not packed in pairs");
  }
  if (group.packed && group.kernel.getSparse() != SparseKind::None) {
    group.expansion =
        WeightExpansion::find(op.getInputs()[1], op, group.kernel.getSparse());
    if (!group.expansion)
      return fail("its weights are not packed without their zeros");
  }
  linalg::GenericOp reader = findSoleReader(op, group.init);
  if (reader && group.packed)
    matchPool(group, reader);
  if (group.pool)
    reader = findSoleReader(group.pool, group.poolInit);
  else if (reader && group.packed)
    matchScaling(group, reader);
  if (group.scaling)
    reader = findSoleReader(group.scaling, group.scalingInit);
  if (reader)
    matchEpilogue(group, reader);
  return group;
}

OpOperand *KernelGroup::findBias() const {
  linalg::FillOp fill = init;
  linalg::GenericOp op = epilogue;
  if (!op || pool || !matchPattern(fill.getInputs()[0], m_Zero()))
    return nullptr;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (operand->get() != source())
      continue;
    BlockArgument sum = op.getMatchingBlockArgument(operand);
    auto add =
        sum.hasOneUse() ? dyn_cast<arith::AddIOp>(*sum.user_begin()) : nullptr;
    auto other = add ? dyn_cast<BlockArgument>(
                           add.getOperand(add.getLhs() == sum ? 1 : 0))
                     : nullptr;
    if (!other || other.getOwner() != op.getBlock() || other == sum ||
        !other.hasOneUse() || other.getArgNumber() >= op.getNumDpsInputs())
      return nullptr;
    return op.getDpsInputOperand(other.getArgNumber());
  }
  return nullptr;
}

void KernelGroup::erase(RewriterBase &rewriter) const {
  SmallVector<Value> buffers;
  linalg::GenericOp expanding = expansion ? expansion->op : nullptr;
  for (linalg::GenericOp op :
       {epilogue, scaling, pool, reduction, unpacking, expanding}) {
    if (!op)
      continue;
    buffers.push_back(linalg::GenericOp(op).getOutputs()[0]);
    rewriter.eraseOp(op);
  }
  linalg::FillOp zeros = expansion ? expansion->init : nullptr;
  for (linalg::FillOp fill : {init, poolInit, scalingInit, zeros})
    if (fill)
      rewriter.eraseOp(fill);
  for (Value buffer : buffers)
    if (auto alloc = buffer.getDefiningOp<memref::AllocOp>();
        alloc && alloc->use_empty())
      rewriter.eraseOp(alloc);
}

TileShape nnq::getTileShape(const KernelGroup &group, ArrayRef<int64_t> sizes) {
  TileShape shape;
  shape.laneLoop = group.laneLoop;
  shape.lanes = group.kernel.getLanes();
  for (int64_t loop = static_cast<int64_t>(group.laneLoop) - 1; loop >= 0;
       --loop)
    if (sizes[loop] > 1) {
      // Along the batch of a product, rows share nothing.
      linalg::GenericOp op = group.reduction;
      if (!group.packed || !op.getIndexingMapsArray()[1].isFunctionOfDim(loop))
        shape.rowLoop = loop;
      break;
    }
  if (group.packed)
    if (std::optional<int64_t> size = getGroupChannels(
            linalg::GenericOp(group.reduction).getIndexingMapsArray()[0],
            group.scaling ? group.laneLoop + 1 : group.laneLoop))
      shape.segment = *size;
  return shape;
}

OpFoldResult nnq::emitOffset(OpBuilder &builder, Location loc,
                             OpFoldResult base, int64_t offset) {
  if (offset == 0)
    return base;
  return affine::makeComposedFoldedAffineApply(
      builder, loc, AffineMap::get(1, 0, builder.getAffineDimExpr(0) + offset),
      base);
}

LoopIndices nnq::getTileIndices(OpBuilder &builder, Location loc,
                                const TileShape &shape, const Tile &tile,
                                int64_t row, int64_t block) {
  LoopIndices loops(tile.root);
  auto [line, rowOfLine] = shape.splitRow(row);
  if (shape.lineLoop >= 0)
    loops[shape.lineLoop] =
        emitOffset(builder, loc, loops[shape.lineLoop], line);
  if (shape.rowLoop >= 0)
    loops[shape.rowLoop] =
        emitOffset(builder, loc, loops[shape.rowLoop], rowOfLine);
  loops[shape.laneLoop] =
      emitOffset(builder, loc, loops[shape.laneLoop], block * shape.lanes);
  return loops;
}

Row nnq::getTileLanes(const TileShape &shape, const Tile &tile, int64_t block) {
  return {shape.laneLoop,
          block + 1 == tile.blocks ? tile.lastLanes : shape.lanes, shape.lanes};
}

/// Rows whose epilogue is computed together. The long chain of a polynomial
/// keeps a core busy only if there are several to interleave; other bodies are
/// short enough for it to look ahead to the next row. Narrow results of two
/// rows fill a register between them, where blocks do not.
static int64_t getRowsAtOnce(linalg::GenericOp epilogue, int64_t rows,
                             bool isNarrow) {
  constexpr int64_t kMostRows = 4;
  bool isLong =
      epilogue && llvm::any_of(*epilogue.getBlock(), [](auto &op) {
        return isa<math::ErfOp, math::ExpOp, math::TanhOp, math::LogOp>(op);
      });
  return isLong ? std::min<int64_t>(llvm::bit_floor<uint64_t>(rows), kMostRows)
         : epilogue && isNarrow ? std::min<int64_t>(rows, 2)
                                : 1;
}

/// `parts`, vectors of one length and a power of two of them, as one vector.
static Value concatenate(OpBuilder &b, Location loc, SmallVector<Value> parts) {
  for (; parts.size() > 1; parts.truncate(parts.size() / 2))
    for (size_t i = 0; i < parts.size() / 2; ++i) {
      int64_t size =
          2 * cast<VectorType>(parts[2 * i].getType()).getNumElements();
      parts[i] = vector::ShuffleOp::create(
          b, loc, parts[2 * i], parts[2 * i + 1],
          llvm::to_vector(llvm::seq<int64_t>(0, size)));
    }
  return parts.front();
}

Value nnq::emitEpilogueRow(OpBuilder &builder, const KernelGroup &group,
                           OpOperand *operand, ArrayRef<OpFoldResult> loops,
                           const Row &lane) {
  linalg::GenericOp epilogue = group.epilogue;
  Location loc = epilogue.getLoc();
  if (operand == group.bias)
    return arith::ConstantOp::create(
        builder, loc,
        builder.getZeroAttr(VectorType::get(
            {lane.lanes}, getElementTypeOrSelf(operand->get().getType()))));
  return emitLoadRow(builder, loc, operand->get(),
                     epilogue.getMatchingIndexingMap(operand), loops, lane);
}

/// Applies the epilogue, up to its value `last` if that is not null, to the
/// `values` of some rows of one block.
static SmallVector<Value> emitEpilogue(OpBuilder &b, const KernelGroup &group,
                                       const Row &lane,
                                       ArrayRef<LoopIndices> rows,
                                       ArrayRef<Value> values, Value last) {
  linalg::GenericOp epilogue = group.epilogue;
  Location loc = epilogue.getLoc();
  SmallVector<Value> args;
  for (OpOperand *operand : epilogue.getDpsInputOperands()) {
    SmallVector<Value> parts(values);
    if (operand->get() != group.source())
      for (auto [part, loops] : llvm::zip_equal(parts, rows))
        part = emitEpilogueRow(b, group, operand, loops, lane);
    args.push_back(concatenate(b, loc, std::move(parts)));
  }
  args.push_back(Value());
  int64_t count = values.size();
  Value all = emitBody(b, epilogue, args, count * lane.lanes, last);
  if (count == 1)
    return {all};
  SmallVector<Value> results;
  for (int64_t row = 0; row < count; ++row)
    results.push_back(vector::ExtractStridedSliceOp::create(
        b, loc, all, ArrayRef<int64_t>{row * lane.lanes},
        ArrayRef<int64_t>{lane.lanes}, ArrayRef<int64_t>{1}));
  return results;
}

/// Registers of 32 bits that AVX-512 narrows to one of bytes at once.
constexpr int64_t kRegistersOfBytes = 4;

/// True if rows of all channels, which are `lanes`, lie side by side.
static bool areRowsNeighbors(const KernelGroup &group, const TileShape &shape,
                             int64_t lanes) {
  linalg::GenericOp root = group.root();
  AffineMap map = root.getIndexingMapsArray().back();
  auto type = cast<MemRefType>(root.getOutputs()[0].getType());
  unsigned rank = map.getNumResults();
  auto isLoop = [&](unsigned result, int64_t loop) {
    return map.getResult(result) == getAffineDimExpr(loop, map.getContext());
  };
  return rank >= 2 && isLoop(rank - 1, shape.laneLoop) &&
         isLoop(rank - 2, shape.rowLoop) &&
         type.getDimSize(rank - 1) == lanes &&
         getLoopStride(type, map, shape.rowLoop) == lanes;
}

/// Blocks from `block` on whose bytes fill a register of AVX-512 together with
/// as many rows as that takes; 0 where they do not.
static int64_t getBlocksOfBytes(const KernelGroup &group,
                                const TileShape &shape, const Tile &tile,
                                int64_t block) {
  constexpr int64_t kLanes = 16;
  linalg::GenericOp root = group.root();
  AffineMap map = root.getIndexingMapsArray().back();
  auto type = cast<MemRefType>(root.getOutputs()[0].getType());
  if (shape.lanes != kLanes || shape.rowLoop < 0 || !group.epilogue ||
      !type.getElementType().isInteger(8) ||
      getLoopStride(type, map, shape.laneLoop) != 1 ||
      !findWideResult(group.epilogue) ||
      getRowsAtOnce(group.epilogue, kRegistersOfBytes, /*isNarrow=*/false) != 1)
    return 0;
  int64_t whole = tile.blocks - (tile.lastLanes < kLanes ? 1 : 0);
  auto fits = [&](int64_t count) {
    return block + count <= whole && kRegistersOfBytes / count <= tile.rows;
  };
  for (int64_t count : {4, 2})
    if (fits(count))
      return count;
  // To take four rows that lie apart out of a register is not faster.
  return fits(1) && areRowsNeighbors(group, shape, kLanes) ? 1 : 0;
}

/// Stores bytes of rows one after the other, from that of `loops` on.
static void emitStoreBytes(OpBuilder &b, const KernelGroup &group, Value bytes,
                           ArrayRef<OpFoldResult> loops) {
  linalg::GenericOp root = group.root();
  Location loc = root.getLoc();
  AffineMap map = root.getIndexingMapsArray().back();
  Value out = root.getOutputs()[0];
  int64_t rank = map.getNumResults();
  SmallVector<ReassociationIndices> merged;
  for (int64_t dim = 0; dim + 1 < rank; ++dim)
    merged.push_back({dim});
  merged.back().push_back(rank - 1);
  SmallVector<AffineExpr> place(map.getResults());
  AffineExpr channel = place.pop_back_val();
  place.back() =
      place.back() * cast<MemRefType>(out.getType()).getDimSize(rank - 1) +
      channel;
  vector::StoreOp::create(
      b, loc, bytes, memref::CollapseShapeOp::create(b, loc, out, merged),
      emitIndices(b, loc,
                  AffineMap::get(map.getNumDims(), 0, place, b.getContext()),
                  loops));
}

/// Applies the epilogue to rows of some blocks, and stores them as bytes, as
/// many at a time as fill a register. Returns how many rows that are.
static int64_t emitRowsOfBytes(OpBuilder &b, const KernelGroup &group,
                               const TileShape &shape, const Tile &tile,
                               ArrayRef<Value> values, int64_t firstBlock,
                               int64_t numBlocks) {
  linalg::GenericOp root = group.root();
  Location loc = root.getLoc();
  AffineMap map = root.getIndexingMapsArray().back();
  Value last = findWideResult(group.epilogue);
  int64_t count = kRegistersOfBytes / numBlocks,
          lanes = numBlocks * shape.lanes;
  Row stored{shape.laneLoop, lanes, lanes};
  auto getIndices = [&](int64_t row, int64_t block) {
    return getTileIndices(b, loc, shape, tile, row, block);
  };
  int64_t row = 0;
  for (; row + count <= tile.rows; row += count) {
    SmallVector<Value> parts;
    for (int64_t i = row; i < row + count; ++i)
      for (int64_t block = firstBlock; block < firstBlock + numBlocks; ++block)
        parts.push_back(emitEpilogue(b, group, getTileLanes(shape, tile, block),
                                     getIndices(i, block),
                                     values[i * tile.blocks + block], last)
                            .front());
    Value bytes = emitRestOfBody(b, group.epilogue, last,
                                 concatenate(b, loc, std::move(parts)));
    if (count > 1 && areRowsNeighbors(group, shape, lanes)) {
      LoopIndices loops = getIndices(row, firstBlock);
      loops.resize(map.getNumDims(), b.getIndexAttr(0));
      emitStoreBytes(b, group, bytes, loops);
      continue;
    }
    for (int64_t i = 0; i < count; ++i) {
      LoopIndices loops = getIndices(row + i, firstBlock);
      loops.resize(map.getNumDims(), b.getIndexAttr(0));
      Value part = count == 1
                       ? bytes
                       : vector::ExtractStridedSliceOp::create(
                             b, loc, bytes, ArrayRef<int64_t>{i * lanes},
                             ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
      emitStoreRow(b, loc, part, root.getOutputs()[0], map, loops, stored);
    }
  }
  return row;
}

void nnq::emitStoreTile(OpBuilder &builder, const KernelGroup &group,
                        const TileShape &shape, const Tile &tile,
                        ArrayRef<Value> values) {
  linalg::GenericOp root = group.root();
  Location loc = root.getLoc();
  AffineMap outMap = root.getIndexingMapsArray().back();
  Value out = root.getOutputs()[0];
  // Narrow results of two blocks fill a register between them.
  bool joins = group.epilogue &&
               cast<MemRefType>(out.getType()).getElementTypeBitWidth() <= 16;
  // AVX-512 narrows one register at a time, or four, and rounds no more than
  // one.
  constexpr int64_t kMostLanes = 8;
  bool joinsRows = joins && shape.lanes <= kMostLanes;
  // Of blocks up to `end`, rows up to `firstRow` are stored.
  int64_t firstRow = 0, end = 0;
  for (int64_t block = 0; block < tile.blocks;) {
    if (block == end) {
      int64_t count = getBlocksOfBytes(group, shape, tile, block);
      end = count ? block + count : tile.blocks;
      firstRow = count ? emitRowsOfBytes(builder, group, shape, tile, values,
                                         block, count)
                       : 0;
    }
    Row lane = getTileLanes(shape, tile, block);
    bool isPair = joins && block + 1 < end &&
                  getTileLanes(shape, tile, block + 1).useful == shape.lanes;
    Value wide = isPair && shape.lanes <= kMostLanes
                     ? findWideResult(group.epilogue)
                     : Value();
    for (int64_t row = firstRow; row < tile.rows;) {
      int64_t count =
          getRowsAtOnce(group.epilogue, tile.rows - row, joinsRows && !isPair);
      auto emitBlock = [&](int64_t at, SmallVector<LoopIndices> &rows) {
        SmallVector<Value> results;
        for (int64_t i = row; i < row + count; ++i) {
          rows.push_back(getTileIndices(builder, loc, shape, tile, i, at));
          results.push_back(values[i * tile.blocks + at]);
        }
        if (group.epilogue)
          results = emitEpilogue(builder, group, lane, rows, results, wide);
        return results;
      };
      SmallVector<LoopIndices> rows, nextRows;
      SmallVector<Value> results = emitBlock(block, rows);
      Row stored = lane;
      if (isPair) {
        stored = {lane.loop, 2 * shape.lanes, 2 * shape.lanes};
        SmallVector<Value> next = emitBlock(block + 1, nextRows);
        for (auto [value, after] : llvm::zip_equal(results, next)) {
          value = concatenate(builder, loc, {value, after});
          if (wide)
            value = emitRestOfBody(builder, group.epilogue, wide, value);
        }
      }
      for (auto [loops, value] : llvm::zip_equal(rows, results)) {
        loops.resize(outMap.getNumDims(), builder.getIndexAttr(0));
        emitStoreRow(builder, loc, value, out, outMap, loops, stored);
      }
      row += count;
    }
    block += isPair ? 2 : 1;
  }
}
