//===- ExpandStridedCopy.cpp - Copies of parts of buffers as loops --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_EXPANDSTRIDEDCOPY
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static void expand(memref::CopyOp copy) {
  OpBuilder b(copy);
  Location loc = copy.getLoc();
  int64_t rank = cast<MemRefType>(copy.getSource().getType()).getRank();
  SmallVector<Value> lower, upper, step;
  for (int64_t i = 0; i < rank; ++i) {
    lower.push_back(arith::ConstantIndexOp::create(b, loc, 0));
    upper.push_back(b.createOrFold<memref::DimOp>(loc, copy.getSource(), i));
    step.push_back(arith::ConstantIndexOp::create(b, loc, 1));
  }
  scf::buildLoopNest(b, loc, lower, upper, step,
                     [&](OpBuilder &nested, Location at, ValueRange position) {
                       Value element = memref::LoadOp::create(
                           nested, at, copy.getSource(), position);
                       memref::StoreOp::create(nested, at, element,
                                               copy.getTarget(), position);
                     });
  copy.erase();
}

namespace {
struct ExpandStridedCopy
    : public nnq::impl::ExpandStridedCopyBase<ExpandStridedCopy> {
  using ExpandStridedCopyBase::ExpandStridedCopyBase;

  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) {
      auto source = dyn_cast<MemRefType>(copy.getSource().getType());
      auto target = dyn_cast<MemRefType>(copy.getTarget().getType());
      if (source && target &&
          !(memref::isStaticShapeAndContiguousRowMajor(source) &&
            memref::isStaticShapeAndContiguousRowMajor(target)))
        copies.push_back(copy);
    });
    numCopies += copies.size();
    llvm::for_each(copies, expand);
  }
};
} // namespace
