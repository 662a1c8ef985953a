//===- Parallelize.cpp - Loops that threads share -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_PARALLELIZE
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Steps of a loop with static bounds.
static std::optional<int64_t> getTripCount(scf::ForOp loop) {
  std::optional<APInt> count = loop.getStaticTripCount();
  return count ? std::optional<int64_t>(count->getSExtValue()) : std::nullopt;
}

/// How much faster `threads` threads are with `steps` steps of equal work.
static double getSpeedup(int64_t steps, int64_t threads) {
  return double(steps) / llvm::divideCeil(steps, threads);
}

/// Registers of `bits` bits that a value of `type` fills.
static int64_t countRegisters(Type type, int64_t bits) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || !vector.getElementType().isIntOrFloat())
    return 1;
  return llvm::divideCeil(
      vector.getNumElements() * vector.getElementTypeBitWidth(), bits);
}

/// Instructions that one run of `block` takes, roughly: indices become part of
/// addresses.
static double countWork(Block &block, int64_t vectorBits) {
  double work = 0;
  for (Operation &op : block.without_terminator()) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      work += double(getTripCount(loop).value_or(1)) *
              countWork(*loop.getBody(), vectorBits);
      continue;
    }
    if (op.hasTrait<OpTrait::ConstantLike>() || isa<affine::AffineApplyOp>(op))
      continue;
    int64_t registers = 1;
    for (Type type : op.getResultTypes())
      registers = std::max(registers, countRegisters(type, vectorBits));
    for (Type type : op.getOperandTypes())
      registers = std::max(registers, countRegisters(type, vectorBits));
    work += double(registers);
  }
  return work;
}

/// The marked loop that is all that `loop` does, apart from indices.
static scf::ForOp getSoleLoop(scf::ForOp loop) {
  scf::ForOp inner;
  for (Operation &op : loop.getBody()->without_terminator()) {
    auto nested = dyn_cast<scf::ForOp>(op);
    if (nested && !inner && nested->hasAttr(kParallelAttr))
      inner = nested;
    else if (op.getNumRegions() || !isMemoryEffectFree(&op))
      return {};
  }
  // A rectangle: the bounds are known outside.
  if (inner)
    for (Value bound :
         {inner.getLowerBound(), inner.getUpperBound(), inner.getStep()})
      if (!bound.getParentRegion()->isProperAncestor(&loop.getRegion()))
        return {};
  return inner;
}

/// One scf.parallel in place of loops that are nested in each other.
static void makeParallel(IRRewriter &rewriter,
                         MutableArrayRef<scf::ForOp> nest) {
  scf::ForOp outer = nest.front();
  SmallVector<Value> lower, upper, step;
  for (scf::ForOp loop : nest) {
    lower.push_back(loop.getLowerBound());
    upper.push_back(loop.getUpperBound());
    step.push_back(loop.getStep());
  }
  rewriter.setInsertionPoint(outer);
  auto parallel =
      scf::ParallelOp::create(rewriter, outer.getLoc(), lower, upper, step,
                              [](OpBuilder &, Location, ValueRange) {});
  Operation *end = parallel.getBody()->getTerminator();
  for (auto [loop, index] : llvm::zip(nest, parallel.getInductionVars())) {
    rewriter.replaceAllUsesWith(loop.getInductionVar(), index);
    for (Operation &op :
         llvm::make_early_inc_range(loop.getBody()->without_terminator()))
      if (!llvm::is_contained(nest, dyn_cast<scf::ForOp>(op)))
        rewriter.moveOpBefore(&op, end);
  }
  rewriter.eraseOp(outer);
}

namespace {
struct Parallelize : public nnq::impl::ParallelizeBase<Parallelize> {
  using ParallelizeBase::ParallelizeBase;

  void runOnOperation() override {
    if (auto module = getOperation()->getParentOfType<ModuleOp>())
      threads = getNumThreads(module);
    if (TargetAttr target = findTarget(getOperation()))
      vectorBits = target.getVectorBits();
    auto clear = llvm::scope_exit([&] {
      getOperation().walk(
          [](scf::ForOp loop) { loop->removeAttr(kParallelAttr); });
    });
    if (threads < 2)
      return;
    // Regions of threads do not nest: what is inside of a chosen loop, or of
    // one too small, stays as it is.
    SmallVector<scf::ForOp> outermost;
    getOperation().walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      if (!loop->hasAttr(kParallelAttr))
        return WalkResult::advance();
      outermost.push_back(loop);
      return WalkResult::skip();
    });
    IRRewriter rewriter(&getContext());
    for (scf::ForOp loop : outermost) {
      std::string reason;
      SmallVector<scf::ForOp> nest = chooseNest(loop, reason);
      if (nest.empty()) {
        ++numSequential;
        remarkMissed(loop, "nnq-parallelize", reason);
        continue;
      }
      ++numParallel;
      makeParallel(rewriter, nest);
    }
  }

  /// The fewest loops, from `loop` inwards, whose steps threads share evenly.
  SmallVector<scf::ForOp> chooseNest(scf::ForOp loop, std::string &reason) {
    constexpr double kEven = 0.95, kLeastSpeedup = 1.3;
    // Threads would share the buffer, too.
    if (loop.walk([](memref::AllocOp) { return WalkResult::interrupt(); })
            .wasInterrupted()) {
      reason = "allocates a buffer in the loop";
      return {};
    }
    double work = double(getTripCount(loop).value_or(1)) *
                  countWork(*loop.getBody(), vectorBits);
    if (work < double(minWork)) {
      reason = llvm::formatv("{0:F0} instructions are too few for {1} threads",
                             work, threads);
      return {};
    }
    SmallVector<scf::ForOp> nest, best;
    double bestSpeedup = kLeastSpeedup;
    int64_t steps = 1;
    for (; loop; loop = getSoleLoop(loop)) {
      std::optional<int64_t> count = getTripCount(loop);
      if (!count || loop.getNumResults())
        break;
      steps *= *count;
      nest.push_back(loop);
      double speedup = getSpeedup(steps, threads);
      if (speedup > bestSpeedup) {
        bestSpeedup = speedup;
        best = nest;
      }
      if (speedup >= kEven * double(threads))
        break;
    }
    if (best.empty())
      reason = llvm::formatv("{0} steps do not divide among {1} threads", steps,
                             threads);
    return best;
  }

  int64_t threads = 1;
  int64_t vectorBits = 256;
};
} // namespace
