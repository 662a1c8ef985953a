//===- VerifyLLVM.cpp - Only the LLVM dialect is left ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "nnq/Support/Layers.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYLLVM
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct VerifyLLVM : public nnq::impl::VerifyLLVMBase<VerifyLLVM> {
  using VerifyLLVMBase::VerifyLLVMBase;

  void runOnOperation() override {
    // A leftover cast is what an op that was not lowered leaves behind; it is
    // worth an error only if there is nothing else to name.
    Operation *culprit = nullptr;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      // OpenMP becomes calls when LLVM IR is written.
      if (isa<LLVM::LLVMDialect, omp::OpenMPDialect>(op->getDialect()) ||
          isa<ModuleOp>(op))
        return WalkResult::advance();
      bool isCast = isa<UnrealizedConversionCastOp>(op);
      if (!culprit || !isCast)
        culprit = op;
      return isCast ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (!culprit)
      return;
    emitLayerError(culprit)
        << "is not lowered to LLVM"
        << (isa<linalg::LinalgDialect>(culprit->getDialect())
                ? "; the fast path has no kernel for it: try "
                  "--lower-to-llvm=reference"
                : ": nnq has no lowering for it");
    signalPassFailure();
  }
};
} // namespace
