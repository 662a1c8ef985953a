//===- LoopAccesses.cpp - What a loop reads and writes where --------------===//
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
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nnq;

std::optional<LoopRange> nnq::getLoopRange(scf::ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLowerBound()),
                         upper = getConstantIntValue(loop.getUpperBound()),
                         step = getConstantIntValue(loop.getStep());
  if (!step)
    return std::nullopt;
  if (lower && upper)
    return LoopRange{getAsOpFoldResult(loop.getLowerBound()), *upper - *lower,
                     *step};
  // A block of indices.
  auto end = loop.getUpperBound().getDefiningOp<arith::AddIOp>();
  std::optional<int64_t> length =
      end ? getConstantIntValue(end.getRhs()) : std::nullopt;
  if (!length || end.getLhs() != loop.getLowerBound())
    return std::nullopt;
  return LoopRange{loop.getLowerBound(), *length, *step};
}

namespace {
/// The values that an index takes, both ends included; relative ones count from
/// the induction variable of a loop.
struct Interval {
  bool isRelative;
  int64_t least, greatest;
};

/// Intervals of what one iteration of a loop computes.
struct IntervalAnalysis {
  Value induction;

  std::optional<Interval> compute(Value value) const;
  std::optional<Interval> compute(AffineExpr expr, ValueRange operands,
                                  unsigned numDims) const;
};
} // namespace

static std::optional<Interval> sum(std::optional<Interval> lhs,
                                   std::optional<Interval> rhs) {
  if (!lhs || !rhs || (lhs->isRelative && rhs->isRelative))
    return std::nullopt;
  return Interval{lhs->isRelative || rhs->isRelative, lhs->least + rhs->least,
                  lhs->greatest + rhs->greatest};
}

std::optional<Interval> IntervalAnalysis::compute(Value value) const {
  if (value == induction)
    return Interval{/*isRelative=*/true, 0, 0};
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return Interval{/*isRelative=*/false, *constant, *constant};
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>())
    return compute(apply.getAffineMap().getResult(0), apply.getMapOperands(),
                   apply.getAffineMap().getNumDims());
  if (auto add = value.getDefiningOp<arith::AddIOp>())
    return sum(compute(add.getLhs()), compute(add.getRhs()));
  auto argument = dyn_cast<BlockArgument>(value);
  auto loop = argument
                  ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp())
                  : scf::ForOp();
  if (!loop || argument != loop.getInductionVar())
    return std::nullopt;
  std::optional<Interval> lower = compute(loop.getLowerBound()),
                          upper = compute(loop.getUpperBound());
  if (!lower || !upper || lower->isRelative != upper->isRelative)
    return std::nullopt;
  // Where the last step is depends on the first one.
  int64_t step = lower->least == lower->greatest
                     ? getConstantIntValue(loop.getStep()).value_or(1)
                     : 1;
  int64_t length = upper->greatest - lower->least;
  return Interval{lower->isRelative, lower->least,
                  lower->least + (length - 1) / step * step};
}

std::optional<Interval> IntervalAnalysis::compute(AffineExpr expr,
                                                  ValueRange operands,
                                                  unsigned numDims) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval{/*isRelative=*/false, constant.getValue(),
                    constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return compute(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return compute(operands[numDims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<Interval> lhs = compute(binary.getLHS(), operands, numDims),
                          rhs = compute(binary.getRHS(), operands, numDims);
  if (expr.getKind() == AffineExprKind::Add)
    return sum(lhs, rhs);
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() != AffineExprKind::Mul || !lhs || lhs->isRelative ||
      !factor || factor.getValue() < 0)
    return std::nullopt;
  return Interval{/*isRelative=*/false, lhs->least * factor.getValue(),
                  lhs->greatest * factor.getValue()};
}

/// The buffer behind reshapes and parts of it, and for each of its dimensions
/// the one of `view` with the same indices, or -1.
static Value resolveView(Value view, SmallVector<int64_t> &dims) {
  auto type = cast<MemRefType>(view.getType());
  dims = llvm::to_vector(llvm::seq<int64_t>(type.getRank()));
  // A view that splits or merges a dimension has none with its indices.
  auto follow = [&](ArrayRef<ReassociationIndices> groups, bool expands,
                    int64_t sourceRank) {
    SmallVector<int64_t> next(sourceRank, -1);
    for (auto [merged, group] : llvm::enumerate(groups))
      if (group.size() == 1)
        next[expands ? merged : group.front()] =
            expands ? group.front() : merged;
    // From the dimensions of this view to those of the first one.
    for (int64_t &dim : next)
      dim = dim < 0 ? -1 : dims[dim];
    dims = std::move(next);
  };
  while (Operation *op = view.getDefiningOp()) {
    if (auto expand = dyn_cast<memref::ExpandShapeOp>(op)) {
      view = expand.getSrc();
      follow(expand.getReassociationIndices(), /*expands=*/true,
             expand.getSrcType().getRank());
    } else if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op)) {
      view = collapse.getSrc();
      follow(collapse.getReassociationIndices(), /*expands=*/false,
             collapse.getSrcType().getRank());
    } else if (auto part = dyn_cast<memref::SubViewOp>(op)) {
      view = part.getSource();
      dims.assign(part.getSourceType().getRank(), -1);
    } else if (auto cast = dyn_cast<memref::CastOp>(op)) {
      view = cast.getSource();
    } else {
      break;
    }
  }
  return view;
}

/// Buffer, indices and what is read or written at once.
struct MemoryOp {
  Value view;
  OperandRange indices;
  VectorType vector;
  bool isWrite;
};

static std::optional<MemoryOp> matchMemoryOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<MemoryOp>>(op)
      .Case([](memref::LoadOp load) {
        return MemoryOp{load.getMemRef(), load.getIndices(), {}, false};
      })
      .Case([](memref::StoreOp store) {
        return MemoryOp{store.getMemRef(), store.getIndices(), {}, true};
      })
      .Case([](vector::LoadOp load) {
        return MemoryOp{load.getBase(), load.getIndices(), load.getVectorType(),
                        false};
      })
      .Case([](vector::StoreOp store) {
        return MemoryOp{store.getBase(), store.getIndices(),
                        store.getVectorType(), true};
      })
      .Case([](vector::MaskedLoadOp load) {
        return MemoryOp{load.getBase(), load.getIndices(), load.getVectorType(),
                        false};
      })
      .Case([](vector::MaskedStoreOp store) {
        return MemoryOp{store.getBase(), store.getIndices(),
                        store.getVectorType(), true};
      })
      .Default(std::optional<MemoryOp>());
}

std::optional<BufferUses> nnq::findBufferUses(scf::ForOp loop) {
  BufferUses uses;
  int64_t step = getConstantIntValue(loop.getStep()).value_or(0);
  IntervalAnalysis intervals{loop.getInductionVar()};
  WalkResult result = loop.walk([&](Operation *op) {
    if (isa<scf::ForOp, scf::IfOp>(op) || isMemoryEffectFree(op))
      return WalkResult::advance();
    std::optional<MemoryOp> memory = matchMemoryOp(op);
    if (!memory)
      return WalkResult::interrupt();
    SmallVector<int64_t> dims;
    Value buffer = resolveView(memory->view, dims);
    Operation *source = buffer.getDefiningOp();
    // Nothing else is known to be a buffer of its own.
    if (source
            ? !isa<memref::AllocOp, memref::GetGlobalOp>(source)
            : !isa<FunctionOpInterface>(buffer.getParentBlock()->getParentOp()))
      return WalkResult::interrupt();
    llvm::SmallBitVector local(dims.size());
    int64_t rank = memory->indices.size();
    int64_t shared = memory->vector ? memory->vector.getRank() : 0;
    for (auto [dim, viewDim] : llvm::enumerate(dims)) {
      if (viewDim < 0)
        continue;
      // The last dimensions are those of the vector.
      int64_t inVector = viewDim - (rank - shared);
      int64_t extent = inVector < 0 ? 1 : memory->vector.getDimSize(inVector);
      std::optional<Interval> index =
          intervals.compute(memory->indices[viewDim]);
      local[dim] = index && index->isRelative && index->least >= 0 &&
                   index->greatest + extent <= step;
    }
    BufferUse &use = uses[buffer];
    use.local = use.ops.empty() ? local : use.local &= local;
    use.ops.insert(op);
    use.isWritten |= memory->isWrite;
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return std::nullopt;
  return uses;
}
