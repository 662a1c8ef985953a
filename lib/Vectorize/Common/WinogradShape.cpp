//===- WinogradShape.cpp - Convolutions by fewer products -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WinogradShape.h"

#include "WinogradEmitter.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Winograd.h"

using namespace mlir;
using namespace nnq;

/// True if `expr` is `dim(a) + dim(b)`.
static bool isSumOfDims(AffineExpr expr, unsigned a, unsigned b) {
  MLIRContext *context = expr.getContext();
  return expr == getAffineDimExpr(a, context) + getAffineDimExpr(b, context);
}

FailureOr<WinogradShape> WinogradShape::match(linalg::GenericOp op,
                                              int64_t taps) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned rank = maps.back().getNumResults();
  // Loops: outer, rows, columns, channels; kh, groups, elements.
  if (rank < 3 || op.getNumLoops() != rank + 3 ||
      maps[0].getNumResults() != rank - 1 || ranges[rank] != taps ||
      ranges[rank + 2] != 2)
    return failure();
  WinogradShape shape;
  shape.outer.assign(ranges.begin(), ranges.begin() + rank - 3);
  shape.rows = ranges[rank - 3];
  shape.columns = ranges[rank - 2];
  shape.channels = ranges[rank - 1];
  shape.inputs = ranges[rank + 1] * 2 / taps;
  for (unsigned i = 0; i + 3 < rank; ++i)
    if (maps[0].getResult(i) != getAffineDimExpr(i, op.getContext()))
      return failure();
  MLIRContext *context = op.getContext();
  AffineExpr run = getAffineDimExpr(rank - 2, context) * shape.inputs +
                   getAffineDimExpr(rank + 1, context) * 2 +
                   getAffineDimExpr(rank + 2, context);
  if (shape.inputs * taps != ranges[rank + 1] * 2 ||
      !isSumOfDims(maps[0].getResult(rank - 3), rank - 3, rank) ||
      simplifyAffineExpr(maps[0].getResult(rank - 2) - run, op.getNumLoops(),
                         0) != getAffineConstantExpr(0, context))
    return failure();
  return shape;
}

bool nnq::canEmitWinograd(const KernelGroup &group, std::string &reason) {
  const WinogradAlgorithm *algorithm = getWinograd(group.kernel.getWinograd());
  linalg::GenericOp op = group.reduction, root = group.root();
  FailureOr<WinogradShape> shape = WinogradShape::match(op, algorithm->taps);
  if (failed(shape) || shape->inputs % 4 != 0) {
    reason = "not a packed convolution of 3x3 taps with a stride of 1 over a "
             "multiple of 4 channels";
    return false;
  }
  if (std::min(shape->rows, shape->columns) < algorithm->outputs) {
    reason = "the result is smaller than a tile of F(m, 3)";
    return false;
  }
  auto activation = cast<MemRefType>(op.getInputs()[0].getType());
  linalg::FillOp init = group.init;
  bool isInteger = activation.getElementType().isInteger(16) ||
                   activation.getElementType().isInteger(8);
  if (!isInteger || !matchPattern(init.getInputs()[0], m_Zero())) {
    reason = "not a sum of products of 8-bit or 16-bit integers";
    return false;
  }
  // Where tiles overlap, the epilogue runs twice.
  if (linalg::GenericOp epilogue = group.epilogue)
    for (Value operand : epilogue.getInputs())
      if (getBase(operand) == getBase(root.getOutputs()[0])) {
        reason = "the epilogue reads what it overwrites";
        return false;
      }
  return true;
}
