//===- NNQOps.cpp - Operations of the nnq dialect -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nnq;

/// Types of parameters are left out where there is one of each.
static ParseResult parseDynamicParameters(OpAsmParser &parser, Type &scale,
                                          Type &zeroPoint) {
  scale = parser.getBuilder().getF32Type();
  zeroPoint = parser.getBuilder().getI32Type();
  if (failed(parser.parseOptionalComma()))
    return success();
  return failure(parser.parseType(scale) || parser.parseComma() ||
                 parser.parseType(zeroPoint));
}

static void printDynamicParameters(OpAsmPrinter &printer, Operation *,
                                   Type scale, Type zeroPoint) {
  if (isa<TensorType>(scale) || isa<TensorType>(zeroPoint))
    printer << ", " << scale << ", " << zeroPoint;
}

#define GET_OP_CLASSES
#include "nnq/Dialect/NNQ/IR/NNQOps.cpp.inc"

/// Buffers have indices, addresses none.
template <typename Op>
static LogicalResult verifyMatrixMemory(Op op) {
  auto type = dyn_cast<MemRefType>(op.getBase().getType());
  int64_t rank = type ? type.getRank() : 0;
  if (static_cast<int64_t>(op.getIndices().size()) != rank)
    return op.emitOpError("needs ") << rank << " indices";
  return success();
}

bool nnq::isMatrixOp(Operation *op) {
  return isa<MatrixConfigureOp, MatrixZeroOp, MatrixLoadOp, MatrixStoreOp,
             MatrixDotOp>(op);
}

LogicalResult MatrixConfigureOp::verify() {
  auto check = [&](ArrayRef<int64_t> values, StringRef name,
                   int64_t most) -> LogicalResult {
    if (values.size() == kNumMatrices &&
        llvm::all_of(values, [&](int64_t v) { return v > 0 && v <= most; }))
      return success();
    return emitOpError("'") << name << "' must be " << kNumMatrices
                            << " numbers from 1 to " << most;
  };
  if (failed(check(getRows(), "rows", kMatrixRows)))
    return failure();
  return check(getBytes(), "bytes", kMatrixBytes);
}

LogicalResult MatrixLoadOp::verify() { return verifyMatrixMemory(*this); }
LogicalResult MatrixStoreOp::verify() { return verifyMatrixMemory(*this); }

static LogicalResult verifySameShape(Operation *op, ShapedType a,
                                     ShapedType b) {
  if (failed(verifyCompatibleShape(a, b)))
    return op->emitOpError("operand and result must have the same shape, got ")
           << a << " and " << b;
  return success();
}

/// Numbers, or tensors of one for each row of `input`.
static LogicalResult verifyParameters(Operation *op, ShapedType input,
                                      Type scale, Type zeroPoint) {
  if (!isa<ShapedType>(scale) && !isa<ShapedType>(zeroPoint))
    return success();
  auto isByRow = [&](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && input.hasRank() && input.getRank() > 0 &&
           tensor.getShape() == input.getShape().drop_back();
  };
  if (!isByRow(scale) || !isByRow(zeroPoint))
    return op->emitOpError("parameters must be two numbers, or two for each "
                           "row of ")
           << input << ", got " << scale << " and " << zeroPoint;
  return success();
}

LogicalResult DynamicQCastOp::verify() {
  return failure(
      failed(verifySameShape(*this, getInput().getType(),
                             getQuantized().getType())) ||
      failed(verifyParameters(*this, getInput().getType(), getScale().getType(),
                              getZeroPoint().getType())));
}

LogicalResult DynamicDCastOp::verify() {
  return failure(
      failed(verifySameShape(*this, getInput().getType(),
                             getResult().getType())) ||
      failed(verifyParameters(*this, getInput().getType(), getScale().getType(),
                              getZeroPoint().getType())));
}
