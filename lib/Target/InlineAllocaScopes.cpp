//===- InlineAllocaScopes.cpp - Scopes without stack memory ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/PatternMatch.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_INLINEALLOCASCOPES
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct InlineAllocaScopes
    : public nnq::impl::InlineAllocaScopesBase<InlineAllocaScopes> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::AllocaScopeOp scope) {
      bool allocates = scope
                           .walk([](Operation *op) {
                             return isa<memref::AllocaOp, LLVM::AllocaOp>(op)
                                        ? WalkResult::interrupt()
                                        : WalkResult::advance();
                           })
                           .wasInterrupted();
      if (allocates || !scope.getBodyRegion().hasOneBlock())
        return;
      Block &body = scope.getBodyRegion().front();
      Operation *end = body.getTerminator();
      SmallVector<Value> results(end->getOperands());
      rewriter.eraseOp(end);
      rewriter.inlineBlockBefore(&body, scope);
      rewriter.replaceOp(scope, results);
      ++numScopes;
    });
  }
};
} // namespace
