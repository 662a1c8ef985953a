//===- DecomposePads.cpp - Padded buffers ---------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_DECOMPOSEPADS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Lets all later readers of the source of `pad` read it from the padded
/// tensor: two buffers would hold the same numbers otherwise.
static void shareInterior(tensor::PadOp pad, DominanceInfo &dominance) {
  Value source = pad.getSource();
  auto type = cast<RankedTensorType>(source.getType());
  if (source.hasOneUse() || !source.getDefiningOp() || !type.hasStaticShape())
    return;
  Value padding = pad.getConstantPaddingValue();
  if (!padding)
    return;
  Operation *first = source.getDefiningOp();
  if (Operation *constant = padding.getDefiningOp();
      constant && !dominance.dominates(constant, first))
    constant->moveBefore(first);
  pad->moveAfter(first);
  OpBuilder builder(pad->getContext());
  builder.setInsertionPointAfter(pad);
  SmallVector<OpFoldResult> ones(type.getRank(), builder.getIndexAttr(1));
  auto slice = tensor::ExtractSliceOp::create(
      builder, pad.getLoc(), type, pad.getResult(), pad.getMixedLowPad(),
      tensor::getMixedSizes(builder, pad.getLoc(), source), ones);
  source.replaceUsesWithIf(slice.getResult(), [&](OpOperand &use) {
    return use.getOwner() != pad && use.getOwner() != slice &&
           dominance.properlyDominates(slice.getOperation(), use.getOwner());
  });
}

/// Puts the parts that the source of `pad` is made of straight into the padded
/// tensor, so that the producer of each can write there.
static void padBeforeInserts(tensor::PadOp pad) {
  auto type = pad.getResultType();
  Value padding = pad.getConstantPaddingValue();
  Attribute constant;
  if (!type.hasStaticShape() || !pad.getLow().empty() || !padding ||
      !matchPattern(padding, m_Constant(&constant)))
    return;
  SmallVector<tensor::InsertSliceOp> inserts;
  Value whole = pad.getSource();
  while (auto insert = whole.getDefiningOp<tensor::InsertSliceOp>()) {
    // Readers of the source read the interior of the padded tensor by now.
    if (!whole.hasOneUse() || !insert.getOffsets().empty() ||
        insert.getSourceType().getRank() != type.getRank())
      return;
    inserts.push_back(insert);
    whole = insert.getDest();
  }
  auto empty = whole.getDefiningOp<tensor::EmptyOp>();
  if (inserts.empty() || !empty || !empty->hasOneUse())
    return;
  OpBuilder builder(empty);
  Location loc = pad.getLoc();
  Value padded = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                         type.getElementType());
  Value value =
      arith::ConstantOp::create(builder, loc, cast<TypedAttr>(constant));
  padded = linalg::FillOp::create(builder, loc, value, padded).getResult(0);
  for (tensor::InsertSliceOp insert : llvm::reverse(inserts)) {
    builder.setInsertionPoint(insert);
    SmallVector<OpFoldResult> offsets;
    for (auto [offset, low] :
         llvm::zip(insert.getStaticOffsets(), pad.getStaticLow()))
      offsets.push_back(builder.getIndexAttr(offset + low));
    padded = tensor::InsertSliceOp::create(
        builder, insert.getLoc(), insert.getSource(), padded, offsets,
        insert.getMixedSizes(), insert.getMixedStrides());
  }
  pad.getResult().replaceAllUsesWith(padded);
  pad.erase();
  for (tensor::InsertSliceOp insert : inserts)
    insert.erase();
  empty.erase();
}

namespace {
struct DecomposePads : public nnq::impl::DecomposePadsBase<DecomposePads> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<linalg::DecomposePadOpPattern>(&getContext());
    DominanceInfo dominance(getOperation());
    SmallVector<tensor::PadOp> pads;
    getOperation().walk([&](tensor::PadOp pad) { pads.push_back(pad); });
    for (tensor::PadOp pad : pads) {
      shareInterior(pad, dominance);
      padBeforeInserts(pad);
    }
    // Folding would read the source again instead of the interior.
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
