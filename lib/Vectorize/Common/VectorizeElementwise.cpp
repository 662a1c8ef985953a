//===- VectorizeElementwise.cpp - Rows of elementwise ops -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RowEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_VECTORIZEELEMENTWISE
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The innermost loop of more than one step along which rows can be emitted.
static std::optional<unsigned> findRowLoop(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op.hasDynamicShape())
    return std::nullopt;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (int64_t loop = ranges.size() - 1; loop >= 0; --loop)
    if (ranges[loop] > 1)
      return canEmitRows(op, loop) ? std::optional<unsigned>(loop)
                                   : std::nullopt;
  return std::nullopt;
}

static void emitRows(OpBuilder &builder, linalg::GenericOp op, unsigned rowLoop,
                     int64_t lanes) {
  Location loc = op.getLoc();
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  int64_t length = sizes[rowLoop];
  sizes[rowLoop] = 1;
  bool readsResult = op.payloadUsesValueFromOperand(op.getDpsInitOperand(0));
  emitLoopNest(
      builder, loc, sizes, [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
        emitTiled(b, loc, length, std::min(lanes, length),
                  [&](OpBuilder &inner, OpFoldResult start, int64_t count) {
                    Row row{rowLoop, count, count};
                    LoopIndices at(indices);
                    at[rowLoop] = start;
                    SmallVector<Value> args;
                    for (OpOperand &operand : op->getOpOperands()) {
                      if (op.isDpsInit(&operand) && !readsResult) {
                        args.push_back(Value());
                        continue;
                      }
                      args.push_back(emitLoadRow(
                          inner, loc, operand.get(),
                          op.getMatchingIndexingMap(&operand), at, row));
                    }
                    Value result = emitBody(inner, op, args, count);
                    OpOperand *out = op.getDpsInitOperand(0);
                    emitStoreRow(inner, loc, result, out->get(),
                                 op.getMatchingIndexingMap(out), at, row);
                  });
      });
}

namespace {
struct VectorizeElementwise
    : public nnq::impl::VectorizeElementwiseBase<VectorizeElementwise> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    int64_t lanes = 8;
    if (auto module = getOperation()->getParentOfType<ModuleOp>())
      if (auto target = module->getAttrOfType<TargetAttr>(kTargetAttr))
        lanes = target.getVectorBits() / 32;

    // Upstream would call a runtime for a copy between strided buffers.
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp op : copies) {
      // The producer wrote in place.
      if (op.getSource() == op.getTarget()) {
        rewriter.eraseOp(op);
        continue;
      }
      rewriter.setInsertionPoint(op);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(op, op.getSource(),
                                                  op.getTarget());
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
      if (!generic) {
        FailureOr<linalg::GenericOp> general =
            linalg::generalizeNamedOp(rewriter, op);
        if (failed(general))
          continue; // The edge verifier names it.
        generic = *general;
        rewriter.setInsertionPoint(generic);
      }
      if (std::optional<unsigned> loop = findRowLoop(generic)) {
        emitRows(rewriter, generic, *loop, lanes);
        ++vectorized;
      } else {
        if (llvm::any_of(generic.getStaticLoopRanges(),
                         [](int64_t size) { return size != 1; })) {
          ++scalar;
          remarkMissed(generic, "nnq-vectorize-elementwise",
                       "not an elementwise op with a contiguous result");
        }
        if (failed(linalg::linalgOpToLoops(rewriter, generic)))
          continue;
      }
      rewriter.eraseOp(generic);
    }
  }
};
} // namespace
