//===- ShrinkBuffers.cpp - Room for one step of a loop --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LoopAccesses.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nnq {
#define GEN_PASS_DEF_SHRINKBUFFERS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Adds all that uses `view`, through reshapes, too.
static void collectUsers(Value view, SmallPtrSetImpl<Operation *> &users) {
  for (Operation *user : view.getUsers()) {
    if (isa<memref::ExpandShapeOp, memref::CollapseShapeOp>(user))
      collectUsers(user->getResult(0), users);
    else
      users.insert(user);
  }
}

/// Buffers that one loop alone uses, each step of it a part, and the dimension
/// of that part.
static SmallVector<std::pair<memref::AllocOp, int64_t>>
findPrivateBuffers(scf::ForOp loop) {
  SmallVector<std::pair<memref::AllocOp, int64_t>> result;
  std::optional<BufferUses> uses = findBufferUses(loop);
  if (!uses)
    return result;
  for (auto &entry : *uses) {
    const BufferUse &use = entry.second;
    auto alloc = entry.first.getDefiningOp<memref::AllocOp>();
    SmallPtrSet<Operation *, 8> users;
    if (!alloc || use.local.none() || !alloc.getType().hasStaticShape() ||
        !alloc.getType().getLayout().isIdentity())
      continue;
    collectUsers(alloc, users);
    if (!llvm::all_of(users,
                      [&](Operation *op) { return use.ops.contains(op); }))
      continue;
    result.emplace_back(alloc, use.local.find_first());
  }
  return result;
}

namespace {
/// Moves what uses a buffer to a smaller one.
struct Shrink {
  RewriterBase &rewriter;
  scf::ForOp loop;
  /// Where the part of a step of the loop begins in the smaller buffer.
  Value offset;

  void replaceUses(Value from, Value to, int64_t dim);

private:
  void replaceIndex(OpOperand &memory, Value to, int64_t dim);
};
} // namespace

static MemRefType resize(MemRefType type, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return MemRefType::get(shape, type.getElementType());
}

void Shrink::replaceUses(Value from, Value to, int64_t dim) {
  int64_t size = cast<MemRefType>(to.getType()).getDimSize(dim);
  for (OpOperand &use : llvm::make_early_inc_range(from.getUses())) {
    Operation *op = use.getOwner();
    rewriter.setInsertionPoint(op);
    auto expand = dyn_cast<memref::ExpandShapeOp>(op);
    auto collapse = dyn_cast<memref::CollapseShapeOp>(op);
    if (!expand && !collapse) {
      replaceIndex(use, to, dim);
      continue;
    }
    // The dimension is whole on both sides.
    SmallVector<ReassociationIndices> groups =
        expand ? expand.getReassociationIndices()
               : collapse.getReassociationIndices();
    int64_t newDim = -1;
    for (auto [merged, group] : llvm::enumerate(groups))
      if (expand ? int64_t(merged) == dim : llvm::is_contained(group, dim))
        newDim = expand ? group.front() : int64_t(merged);
    MemRefType type =
        resize(cast<MemRefType>(op->getResult(0).getType()), newDim, size);
    Value view = expand ? memref::ExpandShapeOp::create(rewriter, op->getLoc(),
                                                        type, to, groups)
                              .getResult()
                        : memref::CollapseShapeOp::create(
                              rewriter, op->getLoc(), type, to, groups)
                              .getResult();
    replaceUses(op->getResult(0), view, newDim);
    rewriter.eraseOp(op);
  }
}

void Shrink::replaceIndex(OpOperand &memory, Value to, int64_t dim) {
  Operation *op = memory.getOwner();
  // Indices follow the buffer in all that findLoopAccesses knows.
  OpOperand &index = op->getOpOperand(memory.getOperandNumber() + 1 + dim);
  AffineExpr i, iv, from;
  bindDims(rewriter.getContext(), i, iv, from);
  Value shifted = affine::makeComposedAffineApply(
      rewriter, op->getLoc(), AffineMap::get(3, 0, i - iv + from),
      {index.get(), loop.getInductionVar(), offset});
  rewriter.modifyOpInPlace(op, [&] {
    memory.set(to);
    index.set(shifted);
  });
}

namespace {
struct ShrinkBuffers : public nnq::impl::ShrinkBuffersBase<ShrinkBuffers> {
  using ShrinkBuffersBase::ShrinkBuffersBase;

  void runOnOperation() override {
    if (auto module = getOperation()->getParentOfType<ModuleOp>())
      threads = getNumThreads(module);
    IRRewriter rewriter(&getContext());
    for (Block &block : getOperation().getBody())
      for (auto loop : llvm::make_early_inc_range(block.getOps<scf::ForOp>()))
        shrink(rewriter, loop);
  }

  void shrink(RewriterBase &rewriter, scf::ForOp loop) {
    std::optional<LoopRange> range = getLoopRange(loop);
    if (!range || loop.getNumResults() || !isZeroInteger(range->begin))
      return;
    int64_t steps = llvm::divideCeil(range->length, range->step);
    bool isShared = threads > 1 && loop->hasAttr(kParallelAttr);
    int64_t parts = isShared ? threads : 1;
    if (steps <= parts || steps % parts)
      return;
    SmallVector<std::pair<memref::AllocOp, int64_t>> buffers =
        findPrivateBuffers(loop);
    llvm::erase_if(buffers, [&](auto entry) {
      return entry.first.getType().getDimSize(entry.second) <=
             range->step * parts;
    });
    if (buffers.empty())
      return;
    rewriter.setInsertionPoint(loop);
    Value offset =
        isShared ? addThreadLoop(rewriter, loop, *range)
                 : arith::ConstantIndexOp::create(rewriter, loop.getLoc(), 0);
    for (auto [alloc, dim] : buffers) {
      rewriter.setInsertionPoint(alloc);
      MemRefType type = resize(alloc.getType(), dim, range->step * parts);
      bytesSaved += (alloc.getType().getNumElements() - type.getNumElements()) *
                    llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      ++numShrunk;
      Value small = memref::AllocOp::create(rewriter, alloc.getLoc(), type,
                                            alloc.getAlignmentAttr());
      Shrink{rewriter, loop, offset}.replaceUses(alloc, small, dim);
      rewriter.eraseOp(alloc);
    }
  }

  /// A loop over the threads around `loop`, of which each runs through its
  /// share; returns where the part of a thread begins in a buffer for all.
  Value addThreadLoop(RewriterBase &rewriter, scf::ForOp loop,
                      const LoopRange &range) {
    Location loc = loop.getLoc();
    Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0),
          one = arith::ConstantIndexOp::create(rewriter, loc, 1),
          count = arith::ConstantIndexOp::create(rewriter, loc, threads),
          share = arith::ConstantIndexOp::create(rewriter, loc,
                                                 range.length / threads);
    auto outer = scf::ForOp::create(rewriter, loc, zero, count, one);
    outer->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
    rewriter.setInsertionPointToStart(outer.getBody());
    Value thread = outer.getInductionVar();
    constexpr auto kNoWrap = arith::IntegerOverflowFlags::nsw;
    Value begin = arith::MulIOp::create(rewriter, loc, thread, share, kNoWrap);
    Value end = arith::AddIOp::create(rewriter, loc, begin, share, kNoWrap);
    Value offset =
        arith::MulIOp::create(rewriter, loc, thread, loop.getStep(), kNoWrap);
    rewriter.moveOpBefore(loop, outer.getBody()->getTerminator());
    rewriter.modifyOpInPlace(loop, [&] {
      loop.setLowerBound(begin);
      loop.setUpperBound(end);
      loop->removeAttr(kParallelAttr);
    });
    return offset;
  }

  int64_t threads = 1;
};
} // namespace
