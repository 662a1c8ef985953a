//===- FillBorders.cpp - Padding without what is overwritten --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_FILLBORDERS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static Value getBase(Value view) {
  while (auto op = view.getDefiningOp<ViewLikeOpInterface>())
    view = op.getViewSource();
  return view;
}

static bool touches(Operation *op, Value buffer) {
  return op
      ->walk([&](Operation *inner) {
        return llvm::any_of(
                   inner->getOperands(),
                   [&](Value value) { return getBase(value) == buffer; })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The first op behind `fill` that reads or writes its buffer.
static Operation *findNextUser(linalg::FillOp fill) {
  Value buffer = fill.getOutputs()[0];
  for (Operation *op = fill->getNextNode(); op; op = op->getNextNode())
    if (!isa<ViewLikeOpInterface>(op) && touches(op, buffer))
      return op;
  return nullptr;
}

/// What `op` writes in whole, reading none of the buffer behind it; or null.
static Value getOverwritten(Operation *op) {
  Value target;
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    target = fill.getOutputs()[0];
  } else if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    target = copy.getTarget();
  } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    if (generic.getNumDpsInits() != 1)
      return {};
    OpOperand *out = generic.getDpsInitOperand(0);
    if (generic.payloadUsesValueFromOperand(out) ||
        !generic.getMatchingIndexingMap(out).isPermutation())
      return {};
    target = out->get();
  } else {
    return {};
  }
  int64_t uses = llvm::count_if(op->getOperands(), [&](Value value) {
    return getBase(value) == getBase(target);
  });
  return uses == 1 ? target : Value();
}

namespace {
struct FillBorders : public nnq::impl::FillBordersBase<FillBorders> {
  void runOnOperation() override {
    SmallVector<linalg::FillOp> fills;
    getOperation().walk([&](linalg::FillOp fill) { fills.push_back(fill); });
    for (linalg::FillOp fill : fills)
      if (memref::SubViewOp interior = findInterior(fill)) {
        fillAround(fill, interior);
        fill.erase();
        ++numFills;
      }
  }

  /// The part of the buffer that is written next, if the rest is worth a fill
  /// of its own.
  static memref::SubViewOp findInterior(linalg::FillOp fill) {
    auto alloc = fill.getOutputs()[0].getDefiningOp<memref::AllocOp>();
    Operation *user = alloc ? findNextUser(fill) : nullptr;
    Value target = user ? getOverwritten(user) : Value();
    auto view = target ? target.getDefiningOp<memref::SubViewOp>() : nullptr;
    if (!view || view.getSource() != alloc.getResult() ||
        !alloc.getType().hasStaticShape() ||
        view.getType().getRank() != alloc.getType().getRank() ||
        llvm::any_of(view.getStaticOffsets(), ShapedType::isDynamic) ||
        llvm::any_of(view.getStaticSizes(), ShapedType::isDynamic) ||
        llvm::any_of(view.getStaticStrides(),
                     [](int64_t stride) { return stride != 1; }))
      return {};
    // A thin interior does not pay for the loops around it.
    return 2 * view.getType().getNumElements() >=
                   alloc.getType().getNumElements()
               ? view
               : nullptr;
  }

  static void fillAround(linalg::FillOp fill, memref::SubViewOp interior) {
    OpBuilder builder(fill);
    Location loc = fill.getLoc();
    Value buffer = fill.getOutputs()[0];
    ArrayRef<int64_t> shape = cast<MemRefType>(buffer.getType()).getShape();
    SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
    auto emit = [&](unsigned dim, int64_t offset, int64_t size) {
      if (size == 0)
        return;
      offsets[dim] = offset;
      sizes[dim] = size;
      auto indices = [&](ArrayRef<int64_t> values) {
        return getAsIndexOpFoldResult(builder.getContext(), values);
      };
      SmallVector<int64_t> ones(shape.size(), 1);
      Value slab =
          memref::SubViewOp::create(builder, loc, buffer, indices(offsets),
                                    indices(sizes), indices(ones));
      // Whole inner dimensions make one row.
      SmallVector<ReassociationIndices> rows;
      for (unsigned i = 0; i < shape.size(); ++i) {
        if (i <= dim)
          rows.emplace_back();
        rows.back().push_back(i);
      }
      if (rows.size() < shape.size())
        slab = memref::CollapseShapeOp::create(builder, loc, slab, rows);
      auto part =
          linalg::FillOp::create(builder, loc, fill.getInputs()[0], slab);
      part->setDiscardableAttrs(fill->getDiscardableAttrDictionary());
    };
    // In front of the interior and behind it along each dimension, outermost
    // first: those slabs are contiguous.
    for (unsigned dim = 0; dim < shape.size(); ++dim) {
      int64_t begin = interior.getStaticOffsets()[dim];
      int64_t length = interior.getStaticSizes()[dim];
      emit(dim, 0, begin);
      emit(dim, begin + length, shape[dim] - begin - length);
      offsets[dim] = begin;
      sizes[dim] = length;
    }
  }
};
} // namespace
