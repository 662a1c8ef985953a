//===- FillBorders.cpp - Padding without what is overwritten --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseKernel.h"
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

/// What kernels read of the rows around `interior`, if they are all that reads
/// these rows, and leave out some of it.
static std::optional<BorderReads> findReads(memref::AllocOp alloc,
                                            memref::SubViewOp interior,
                                            linalg::FillOp fill) {
  std::optional<BorderReads> result;
  SmallVector<memref::SubViewOp> views;
  for (OpOperand &use : alloc->getUses()) {
    if (use.getOwner() == fill)
      continue;
    if (auto view = dyn_cast<memref::SubViewOp>(use.getOwner())) {
      views.push_back(view);
      continue;
    }
    auto op = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!op || !op->hasAttr(kBorderAttr) || !op->hasAttr(kKernelAttr) ||
        use.getOperandNumber() != 0)
      return std::nullopt;
    std::string reason;
    FailureOr<KernelGroup> group = KernelGroup::match(op, reason);
    std::optional<BorderReads> reads;
    if (succeeded(group))
      reads = findBorderReads(*group);
    if (!reads)
      return std::nullopt;
    if (!result)
      result = reads;
    if (reads->rowDim != result->rowDim || reads->low != result->low ||
        reads->high != result->high || reads->columnDim != result->columnDim)
      return std::nullopt;
    result->columns = std::max(result->columns, reads->columns);
  }
  auto isInside = [&](memref::SubViewOp view) {
    int64_t begin = view.getStaticOffsets()[result->rowDim];
    int64_t size = view.getStaticSizes()[result->rowDim];
    int64_t stride = view.getStaticStrides()[result->rowDim];
    return !ShapedType::isDynamic(begin) && !ShapedType::isDynamic(size) &&
           stride == 1 && begin >= result->low && begin + size <= result->high;
  };
  if (!result || interior.getStaticOffsets()[result->rowDim] != result->low ||
      interior.getStaticSizes()[result->rowDim] != result->high - result->low ||
      result->columns >= alloc.getType().getDimSize(result->columnDim) ||
      !llvm::all_of(views, isInside))
    return std::nullopt;
  return result;
}

namespace {
/// A part of a buffer. The dimensions behind `last` are whole.
struct Slab {
  SmallVector<int64_t> offsets, sizes;
  unsigned last;
};
} // namespace

/// What is in front of `interior` and behind it along each dimension, outermost
/// first: those slabs are contiguous. With `reads`, only what is read.
static SmallVector<Slab> getSlabs(ArrayRef<int64_t> shape,
                                  memref::SubViewOp interior,
                                  const std::optional<BorderReads> &reads) {
  SmallVector<Slab> slabs;
  SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
  for (unsigned dim = 0; dim < shape.size(); ++dim) {
    auto add = [&](int64_t offset, int64_t size) {
      if (size == 0)
        return;
      Slab slab{offsets, sizes, dim};
      slab.offsets[dim] = offset;
      slab.sizes[dim] = size;
      if (reads && dim == reads->rowDim) {
        slab.offsets[reads->columnDim] = 0;
        slab.sizes[reads->columnDim] = reads->columns;
        slab.last = std::max(dim, reads->columnDim);
      }
      slabs.push_back(std::move(slab));
    };
    int64_t begin = interior.getStaticOffsets()[dim];
    int64_t length = interior.getStaticSizes()[dim];
    add(0, begin);
    add(begin + length, shape[dim] - begin - length);
    offsets[dim] = begin;
    sizes[dim] = length;
  }
  return slabs;
}

static void fillSlab(linalg::FillOp fill, const Slab &slab) {
  OpBuilder builder(fill);
  Location loc = fill.getLoc();
  auto indices = [&](ArrayRef<int64_t> values) {
    return getAsIndexOpFoldResult(builder.getContext(), values);
  };
  size_t rank = slab.sizes.size();
  SmallVector<int64_t> ones(rank, 1);
  Value part = memref::SubViewOp::create(builder, loc, fill.getOutputs()[0],
                                         indices(slab.offsets),
                                         indices(slab.sizes), indices(ones));
  // Whole inner dimensions make one row.
  SmallVector<ReassociationIndices> rows;
  for (unsigned i = 0; i < rank; ++i) {
    if (i <= slab.last)
      rows.emplace_back();
    rows.back().push_back(i);
  }
  if (rows.size() < rank)
    part = memref::CollapseShapeOp::create(builder, loc, part, rows);
  auto filled = linalg::FillOp::create(builder, loc, fill.getInputs()[0], part);
  filled->setDiscardableAttrs(fill->getDiscardableAttrDictionary());
}

namespace {
struct FillBorders : public nnq::impl::FillBordersBase<FillBorders> {
  void runOnOperation() override {
    SmallVector<linalg::FillOp> fills;
    getOperation().walk([&](linalg::FillOp fill) { fills.push_back(fill); });
    for (linalg::FillOp fill : fills)
      if (memref::SubViewOp interior = findInterior(fill))
        fillAround(fill, interior);
  }

  /// The part of the buffer that is written next.
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
    return view;
  }

  /// Replaces `fill` by fills around `interior` if these are worth it.
  void fillAround(linalg::FillOp fill, memref::SubViewOp interior) {
    auto alloc = fill.getOutputs()[0].getDefiningOp<memref::AllocOp>();
    std::optional<BorderReads> reads = findReads(alloc, interior, fill);
    ArrayRef<int64_t> shape = alloc.getType().getShape();
    SmallVector<Slab> slabs = getSlabs(shape, interior, reads);
    int64_t filled = 0;
    for (const Slab &slab : slabs)
      filled += ShapedType::getNumElements(slab.sizes);
    // A thin interior does not pay for the loops around it.
    if (2 * filled > alloc.getType().getNumElements())
      return;
    for (const Slab &slab : slabs)
      fillSlab(fill, slab);
    fill.erase();
    ++numFills;
    if (!reads)
      return;
    // The kernels have to keep to it.
    auto border = DenseI64ArrayAttr::get(
        &getContext(), {reads->low, reads->high, reads->columns});
    for (Operation *user : alloc->getUsers())
      if (user->hasAttr(kBorderAttr))
        user->setAttr(kBorderAttr, border);
    ++numUnread;
  }
};
} // namespace
