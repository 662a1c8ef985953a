//===- NNQOps.cpp - Operations of the nnq dialect -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nnq;

#define GET_OP_CLASSES
#include "nnq/Dialect/NNQ/IR/NNQOps.cpp.inc"

static LogicalResult verifySameShape(Operation *op, ShapedType a,
                                     ShapedType b) {
  if (failed(verifyCompatibleShape(a, b)))
    return op->emitOpError("operand and result must have the same shape, got ")
           << a << " and " << b;
  return success();
}

LogicalResult DynamicQCastOp::verify() {
  return verifySameShape(*this, getInput().getType(), getQuantized().getType());
}

LogicalResult DynamicDCastOp::verify() {
  return verifySameShape(*this, getInput().getType(), getResult().getType());
}
