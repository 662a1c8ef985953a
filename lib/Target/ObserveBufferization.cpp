//===- ObserveBufferization.cpp - nnq.observe on buffers ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/ObserveBufferization.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;
using namespace nnq;
using namespace mlir::bufferization;

namespace {
struct ObserveBufferization
    : public BufferizableOpInterface::ExternalModel<ObserveBufferization,
                                                    ObserveOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }

  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }

  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto observe = cast<ObserveOp>(op);
    FailureOr<Value> buffer =
        getBuffer(rewriter, observe.getValue(), options, state);
    if (failed(buffer))
      return failure();
    Value value = *buffer;
    auto type = cast<MemRefType>(value.getType());
    // Parts of a buffer are observed in runs; how long these are must be known.
    if (!type.getLayout().isIdentity() && !type.hasStaticShape()) {
      Location loc = op->getLoc();
      SmallVector<Value> sizes;
      for (int64_t i = 0, e = type.getRank(); i < e; ++i)
        if (type.isDynamicDim(i))
          sizes.push_back(memref::DimOp::create(rewriter, loc, value, i));
      auto plain = MemRefType::get(type.getShape(), type.getElementType());
      Value copy = memref::AllocOp::create(rewriter, loc, plain, sizes);
      memref::CopyOp::create(rewriter, loc, value, copy);
      value = copy;
    }
    auto lowered =
        ObserveOp::create(rewriter, op->getLoc(), value, observe.getIdAttr(),
                          observe.getOrderedAttr());
    lowered->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void nnq::registerObserveBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, NNQDialect *) {
    ObserveOp::attachInterface<ObserveBufferization>(*context);
    context->loadDialect<memref::MemRefDialect>();
  });
}
