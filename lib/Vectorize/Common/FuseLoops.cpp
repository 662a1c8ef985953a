//===- FuseLoops.cpp - What works on the same rows in one loop ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LoopAccesses.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_FUSELOOPS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Bytes that each iteration reads anew: weights, for the most part.
static int64_t countRepeatedBytes(const BufferUses &uses) {
  int64_t bytes = 0;
  for (const auto &[buffer, use] : uses) {
    auto type = cast<MemRefType>(buffer.getType());
    if (use.local.none() && type.hasStaticShape())
      bytes += type.getNumElements() *
               llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  }
  return bytes;
}

/// True if no iteration of either loop touches what another one of the other
/// loop writes.
static bool areIndependent(const BufferUses &first, const BufferUses &second) {
  return llvm::all_of(second, [&](const auto &entry) {
    const auto &[buffer, use] = entry;
    auto it = first.find(buffer);
    if (it == first.end() || (!use.isWritten && !it->second.isWritten))
      return true;
    return it->second.local.anyCommon(use.local);
  });
}

static bool shareBuffer(const BufferUses &first, const BufferUses &second) {
  return llvm::any_of(second, [&](const auto &entry) {
    auto it = first.find(entry.first);
    return it != first.end() &&
           (entry.second.isWritten || it->second.isWritten);
  });
}

/// True if steps of the loop end in a chain of sums or maxima.
static bool hasReduction(scf::ForOp loop) {
  return loop
      .walk([](scf::ForOp inner) {
        return inner.getNumResults() ? WalkResult::interrupt()
                                     : WalkResult::advance();
      })
      .wasInterrupted();
}

/// A loop of `step` around `loop`, which then runs through that many indices.
static scf::ForOp addBlockLoop(RewriterBase &rewriter, scf::ForOp loop,
                               int64_t step) {
  Location loc = loop.getLoc();
  rewriter.setInsertionPoint(loop);
  Value by = arith::ConstantIndexOp::create(rewriter, loc, step);
  auto outer = scf::ForOp::create(rewriter, loc, loop.getLowerBound(),
                                  loop.getUpperBound(), by);
  outer->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  rewriter.setInsertionPointToStart(outer.getBody());
  // The number of steps is seen from a sum without overflow.
  Value end = arith::AddIOp::create(rewriter, loc, outer.getInductionVar(), by,
                                    arith::IntegerOverflowFlags::nsw);
  rewriter.moveOpBefore(loop, outer.getBody()->getTerminator());
  rewriter.modifyOpInPlace(loop, [&] {
    loop.setLowerBound(outer.getInductionVar());
    loop.setUpperBound(end);
  });
  return outer;
}

/// Appends the body of `second` to that of `first`.
static void merge(RewriterBase &rewriter, scf::ForOp first, scf::ForOp second) {
  // What lies between them has no effects, and nothing of the first loop.
  while (first->getNextNode() != second)
    rewriter.moveOpBefore(first->getNextNode(), first);
  if (!second->hasAttr(kParallelAttr))
    rewriter.modifyOpInPlace(first, [&] { first->removeAttr(kParallelAttr); });
  rewriter.modifyOpInPlace(first, [&] {
    first->setLoc(rewriter.getFusedLoc({first.getLoc(), second.getLoc()}));
  });
  rewriter.eraseOp(second.getBody()->getTerminator());
  rewriter.inlineBlockBefore(second.getBody(), first.getBody()->getTerminator(),
                             first.getInductionVar());
  rewriter.eraseOp(second);
}

namespace {
struct FuseLoops : public nnq::impl::FuseLoopsBase<FuseLoops> {
  using FuseLoopsBase::FuseLoopsBase;

  void runOnOperation() override {
    // Each layer that is measured has loops of its own.
    if (auto module = getOperation()->getParentOfType<ModuleOp>()) {
      measured = module->getAttrOfType<DictionaryAttr>(kLayersAttr);
      threads = getNumThreads(module);
    }
    IRRewriter rewriter(&getContext());
    for (Block &block : getOperation().getBody())
      fuse(rewriter, block, /*isInner=*/false);
  }

  void fuse(RewriterBase &rewriter, Block &block, bool isInner) {
    scf::ForOp last;
    bool isFused = false;
    // What fused loops contain may go together, too.
    auto finish = [&] {
      if (isFused)
        fuse(rewriter, *last.getBody(), /*isInner=*/true);
      last = {};
      isFused = false;
    };
    for (Operation &op : llvm::make_early_inc_range(block)) {
      auto loop = dyn_cast<scf::ForOp>(op);
      // The latency of a reduction hides behind the next row, which a loop that
      // goes on with its result would put off.
      if (!loop || loop.getNumResults() || (isInner && hasReduction(loop))) {
        if (!isa<memref::AllocOp>(op) && !isMemoryEffectFree(&op))
          finish();
        continue;
      }
      if (last && tryFuse(rewriter, last, loop)) {
        isFused = true;
        continue;
      }
      finish();
      last = loop;
    }
    finish();
  }

  /// Makes one loop of both, which becomes `first`.
  bool tryFuse(RewriterBase &rewriter, scf::ForOp &first, scf::ForOp second) {
    std::optional<LoopRange> range = getLoopRange(first),
                             other = getLoopRange(second);
    if (!range || !other || range->begin != other->begin ||
        range->length != other->length)
      return false;
    int64_t step = std::max(range->step, other->step);
    if (step % range->step || step % other->step || range->length % step)
      return false;
    int64_t steps = range->length / step;
    if (first->hasAttr(kParallelAttr) && steps % threads &&
        steps < kStepsPerThread * threads) {
      ++numUneven;
      return false;
    }
    if (measured && findLayerName(first) != findLayerName(second))
      return false;
    std::optional<BufferUses> uses = findBufferUses(first),
                              otherUses = findBufferUses(second);
    if (!uses || !otherUses || !shareBuffer(*uses, *otherUses))
      return false;
    if (!areIndependent(*uses, *otherUses)) {
      ++numDependent;
      return false;
    }
    // Half of a second-level cache: in turns, weights would drive each other
    // out.
    constexpr int64_t kFewBytes = 16 << 10, kCacheBytes = 256 << 10;
    int64_t bytes = countRepeatedBytes(*uses),
            otherBytes = countRepeatedBytes(*otherUses);
    if (std::min(bytes, otherBytes) > kFewBytes &&
        bytes + otherBytes > kCacheBytes) {
      ++numLarge;
      remarkMissed(
          second, "nnq-fuse-loops",
          llvm::formatv("{0} bytes that each step reads do not stay in "
                        "a cache beside {1} of '{2}'",
                        otherBytes, bytes, getLayerName(first))
              .str());
      return false;
    }
    ++numFused;
    remarkPassed(second, "nnq-fuse-loops",
                 llvm::formatv("in one loop with '{0}', in steps of {1}",
                               getLayerName(first), step)
                     .str());
    if (range->step < step)
      first = addBlockLoop(rewriter, first, step);
    if (other->step < step)
      second = addBlockLoop(rewriter, second, step);
    merge(rewriter, first, second);
    return true;
  }

  /// So many that it does not matter if one thread has one more; with fewer,
  /// threads share loops inside, which are to be the only ones.
  static constexpr int64_t kStepsPerThread = 16;

  DictionaryAttr measured;
  int64_t threads = 1;
};
} // namespace
