//===- LowerObserve.cpp - nnq.observe as a call ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Layers.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_LOWEROBSERVE
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kFunction = "nnq_observe";

static LogicalResult lower(ObserveOp op) {
  auto type = dyn_cast<MemRefType>(op.getValue().getType());
  if (!type || !type.getLayout().isIdentity())
    return emitLayerError(op)
           << "needs a plain row-major buffer, got " << op.getValue().getType();
  OpBuilder b(op);
  Location loc = op.getLoc();
  Type i64 = b.getI64Type();
  Value count = arith::ConstantIndexOp::create(b, loc, 1);
  for (int64_t i = 0, e = type.getRank(); i < e; ++i)
    count = b.createOrFold<arith::MulIOp>(
        loc, count, b.createOrFold<memref::DimOp>(loc, op.getValue(), i));
  count = arith::IndexCastOp::create(b, loc, i64, count);
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(b, loc, op.getValue());
  address = arith::IndexCastOp::create(b, loc, i64, address);
  Value pointer = LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), address);
  Value id = arith::ConstantOp::create(b, loc, op.getIdAttr());
  LLVM::CallOp::create(b, loc, TypeRange(), kFunction,
                       ValueRange{id, pointer, count});
  op.erase();
  return success();
}

namespace {
struct LowerObserve : public nnq::impl::LowerObserveBase<LowerObserve> {
  using LowerObserveBase::LowerObserveBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<ObserveOp> observers;
    module.walk([&](ObserveOp op) { observers.push_back(op); });
    if (observers.empty())
      return;
    numCalls += observers.size();
    if (!module.lookupSymbol(kFunction)) {
      OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
      Type i64 = b.getI64Type();
      Type pointer = LLVM::LLVMPointerType::get(&getContext());
      LLVM::LLVMFuncOp::create(
          b, module.getLoc(), kFunction,
          LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                      {i64, pointer, i64}));
    }
    for (ObserveOp op : observers)
      if (failed(lower(op)))
        return signalPassFailure();
  }
};
} // namespace
