//===- DecomposeConcats.cpp - Concatenations as parts written in turn -----===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_DECOMPOSECONCATS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// An operand of a concatenation and where it goes.
struct Part {
  Value value;
  int64_t offset;
};
} // namespace

/// The op that `value` is there after, or null for an argument.
static Operation *getProducer(const Part &part) {
  return part.value.getDefiningOp();
}

/// Parts in the order of their producers; ties do not matter, but for being
/// the same every time.
static bool isDefinedBefore(const Part &a, const Part &b) {
  Operation *first = getProducer(a), *second = getProducer(b);
  if (first == second)
    return a.offset < b.offset;
  return !first || (second && first->isBeforeInBlock(second));
}

static void decompose(RewriterBase &rewriter, tensor::ConcatOp op) {
  SmallVector<Part> parts;
  int64_t offset = 0;
  for (Value input : op.getInputs()) {
    parts.push_back({input, offset});
    offset += cast<RankedTensorType>(input.getType()).getDimSize(op.getDim());
  }
  llvm::sort(parts, isDefinedBefore);

  auto type = op.getResultType();
  // In front of the init of the first producer, which will be a part of it.
  Operation *first = getProducer(parts.front());
  while (first) {
    Operation *init = nullptr;
    if (auto structured = dyn_cast<linalg::LinalgOp>(first))
      init = structured.getDpsInits().front().getDefiningOp();
    if (!init || init->getBlock() != op->getBlock() ||
        !isa<linalg::FillOp, tensor::EmptyOp>(init))
      break;
    first = init;
  }
  if (first)
    rewriter.setInsertionPoint(first);
  else
    rewriter.setInsertionPointToStart(op->getBlock());
  Location loc = op.getLoc();
  Value whole = tensor::EmptyOp::create(rewriter, loc, type.getShape(),
                                        type.getElementType());
  SmallVector<OpFoldResult> ones(type.getRank(), rewriter.getIndexAttr(1));
  for (const Part &part : parts) {
    SmallVector<OpFoldResult> offsets(type.getRank(), rewriter.getIndexAttr(0));
    offsets[op.getDim()] = rewriter.getIndexAttr(part.offset);
    // As soon as it can be: what comes later writes into the result.
    if (getProducer(part))
      rewriter.setInsertionPointAfterValue(part.value);
    else
      rewriter.setInsertionPointAfterValue(whole);
    whole = tensor::InsertSliceOp::create(
        rewriter, loc, part.value, whole, offsets,
        tensor::getMixedSizes(rewriter, loc, part.value), ones);
  }
  rewriter.replaceOp(op, whole);
}

namespace {
struct DecomposeConcats
    : public nnq::impl::DecomposeConcatsBase<DecomposeConcats> {
  void runOnOperation() override {
    SmallVector<tensor::ConcatOp> ops;
    getOperation().walk([&](tensor::ConcatOp op) {
      if (op.getResultType().hasStaticShape() &&
          llvm::all_of(op.getInputs(), [&](Value input) {
            Operation *def = input.getDefiningOp();
            return !def || def->getBlock() == op->getBlock();
          }))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (tensor::ConcatOp op : ops)
      decompose(rewriter, op);
    decomposed += ops.size();
  }
};
} // namespace
