//===- EmitKernels.cpp - Reductions and what they feed --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseEmitter.h"
#include "DepthwiseKernel.h"
#include "KernelEmitter.h"
#include "ReductionEmitter.h"
#include "WinogradEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_EMITKERNELS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct EmitKernels : public nnq::impl::EmitKernelsBase<EmitKernels> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op->hasAttrOfType<KernelAttr>(kKernelAttr))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    // Pools have strategies of their own, until a kernel takes them in.
    DenseSet<Operation *> fused;
    for (linalg::GenericOp op : ops) {
      if (fused.contains(op))
        continue;
      std::string reason;
      if (!isBorderFilled(op)) {
        op.emitError(
            "reads what 'nnq.border' leaves unspecified; only a kernel "
            "of packed taps with a loop over rows does not");
        return signalPassFailure();
      }
      FailureOr<KernelGroup> group = emit(rewriter, op, reason);
      if (failed(group)) {
        remarkMissed(op, "nnq-emit-kernels", reason);
        continue;
      }
      ++emitted;
      fusedEpilogues += group->epilogue ? 1 : 0;
      fusedPools += group->pool ? 1 : 0;
      fusedScalings += group->scaling ? 1 : 0;
      for (linalg::GenericOp op :
           {group->pool, group->scaling, group->epilogue})
        if (op)
          fused.insert(op);
      group->erase(rewriter);
    }
  }

  /// False if loops of `op` would read more of the border than has been filled.
  static bool isBorderFilled(linalg::GenericOp op) {
    std::optional<DepthwiseBorder> border = DepthwiseBorder::get(op);
    if (!border || !border->columns)
      return true;
    std::string reason;
    FailureOr<KernelGroup> group = KernelGroup::match(op, reason);
    if (failed(group))
      return false;
    std::optional<BorderReads> reads = findBorderReads(*group);
    return reads && reads->columns <= *border->columns;
  }

  FailureOr<KernelGroup> emit(IRRewriter &rewriter, linalg::GenericOp op,
                              std::string &reason) {
    FailureOr<KernelGroup> group = KernelGroup::match(op, reason);
    if (failed(group))
      return failure();
    rewriter.setInsertionPoint(group->root());
    if (group->kernel.getWinograd()) {
      // A pool has loops of its own, and with it the epilogue.
      if (group->pool)
        group->pool = group->epilogue = nullptr;
      rewriter.setInsertionPoint(group->root());
      if (!canEmitWinograd(*group, reason))
        return failure();
      emitWinograd(rewriter, *group);
      ++transformed;
      return group;
    }
    if (group->packed) {
      if (!canEmitKernel(*group, reason))
        return failure();
      emitKernel(rewriter, *group);
      return group;
    }
    if (canEmitDepthwise(*group)) {
      emitDepthwise(rewriter, *group);
      return group;
    }
    if (group->kernel.getGroup() != 1) {
      reason = "the weights are not packed for the kernel";
      return failure();
    }
    if (canReduceAcrossRows(*group)) {
      emitReductionAcrossRows(rewriter, *group);
      return group;
    }
    group->epilogue = nullptr;
    rewriter.setInsertionPoint(op);
    if (canReduceRows(*group)) {
      emitReductionOfRows(rewriter, *group, group->kernel.getLanes());
      return group;
    }
    reason = "no operand is contiguous along the result or the reduction";
    return failure();
  }
};
} // namespace
