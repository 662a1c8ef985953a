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

/// Calls the observer on `count` elements from `offset` on.
static void emitCall(OpBuilder &b, ObserveOp op, Value offset, Value count) {
  Location loc = op.getLoc();
  Type i64 = b.getI64Type();
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(b, loc, op.getValue());
  if (offset) {
    Value width = arith::ConstantIndexOp::create(b, loc, sizeof(float));
    offset = arith::MulIOp::create(b, loc, offset, width);
    address = arith::AddIOp::create(b, loc, address, offset);
  }
  address = arith::IndexCastOp::create(b, loc, i64, address);
  Value pointer = LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), address);
  Value id = arith::ConstantOp::create(b, loc, op.getIdAttr());
  count = arith::IndexCastOp::create(b, loc, i64, count);
  LLVM::CallOp::create(b, loc, TypeRange(), kFunction,
                       ValueRange{id, pointer, count});
}

/// Observes the run that begins where the inner dimensions are contiguous, for
/// each index of the outer ones.
static void lowerStrided(ObserveOp op, ArrayRef<int64_t> strides) {
  auto type = cast<MemRefType>(op.getValue().getType());
  int64_t outer = type.getRank(), run = 1;
  while (outer > 0 &&
         (strides[outer - 1] == run || type.getDimSize(outer - 1) == 1))
    run *= type.getDimSize(--outer);
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value count = arith::ConstantIndexOp::create(b, loc, run);
  Value offset = memref::ExtractStridedMetadataOp::create(b, loc, op.getValue())
                     .getOffset();
  for (int64_t dim = 0; dim < outer; ++dim) {
    Value size = arith::ConstantIndexOp::create(b, loc, type.getDimSize(dim));
    auto loop = scf::ForOp::create(b, loc, zero, size, one);
    b.setInsertionPointToStart(loop.getBody());
    Value stride = arith::ConstantIndexOp::create(b, loc, strides[dim]);
    Value distance =
        arith::MulIOp::create(b, loc, loop.getInductionVar(), stride);
    offset = arith::AddIOp::create(b, loc, offset, distance);
  }
  emitCall(b, op, offset, count);
}

static LogicalResult lower(ObserveOp op) {
  auto type = dyn_cast<MemRefType>(op.getValue().getType());
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  bool isPlain = type && type.getLayout().isIdentity();
  if (!type ||
      (!isPlain && (!type.hasStaticShape() ||
                    failed(type.getStridesAndOffset(strides, offset)) ||
                    llvm::any_of(strides, ShapedType::isDynamic))))
    return emitLayerError(op) << "needs a buffer that is plain or of static "
                                 "shape and strides, got "
                              << op.getValue().getType();
  if (!isPlain) {
    lowerStrided(op, strides);
  } else {
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value count = arith::ConstantIndexOp::create(b, loc, 1);
    for (int64_t i = 0, e = type.getRank(); i < e; ++i)
      count = b.createOrFold<arith::MulIOp>(
          loc, count, b.createOrFold<memref::DimOp>(loc, op.getValue(), i));
    emitCall(b, op, Value(), count);
  }
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
