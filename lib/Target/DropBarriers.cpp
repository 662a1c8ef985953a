//===- DropBarriers.cpp - One barrier a parallel region -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_DROPBARRIERS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct DropBarriers : public nnq::impl::DropBarriersBase<DropBarriers> {
  void runOnOperation() override {
    getOperation()->walk([&](omp::WsloopOp loop) {
      // Reductions read what other threads have written.
      if (loop.getNowait() || !loop.getReductionVars().empty() ||
          !isa<omp::ParallelOp>(loop->getParentOp()) ||
          !isa_and_nonnull<omp::TerminatorOp>(loop->getNextNode()))
        return;
      loop.setNowait(true);
      ++numBarriers;
    });
  }
};
} // namespace
