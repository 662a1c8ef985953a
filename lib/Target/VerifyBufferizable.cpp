//===- VerifyBufferizable.cpp - Every op can work on buffers --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "nnq/Support/Layers.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYBUFFERIZABLE
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct VerifyBufferizable
    : public nnq::impl::VerifyBufferizableBase<VerifyBufferizable> {
  using VerifyBufferizableBase::VerifyBufferizableBase;

  void runOnOperation() override {
    auto isTensor = [](Type type) { return isa<TensorType>(type); };
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if ((llvm::none_of(op->getOperandTypes(), isTensor) &&
           llvm::none_of(op->getResultTypes(), isTensor)) ||
          isa<bufferization::BufferizableOpInterface>(op))
        return WalkResult::advance();
      emitLayerError(op) << "has no lowering to buffers; import it as linalg "
                            "or write it with ops that have one";
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
