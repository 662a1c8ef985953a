//===- WinogradShape.cpp - Convolutions by fewer products -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WinogradShape.h"

#include "WinogradCost.h"
#include "WinogradEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Winograd.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

int64_t nnq::countFusedRegisters(int64_t points, int64_t taps, int64_t tiles) {
  constexpr int64_t kTemporaries = 2;
  return points * tiles + points + taps + kTemporaries;
}

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

/// The constant that `buffer` shows.
static FailureOr<ConstantData> getConstant(Value buffer) {
  auto get = buffer.getDefiningOp<memref::GetGlobalOp>();
  auto global = get ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
                          get, get.getNameAttr())
                    : nullptr;
  if (!global || !global.getConstant() || global.isUninitialized())
    return failure();
  return ConstantData::get(*global.getInitialValue());
}

bool nnq::fitsWithBias(const KernelGroup &group, int64_t shift) {
  OpOperand *bias = group.bias;
  linalg::GenericOp op = group.reduction, epilogue = group.epilogue;
  auto range = op->getAttrOfType<DenseI64ArrayAttr>(kRangeAttr);
  if (!bias || !range || range.size() != 2)
    return false;
  AffineMap map = epilogue.getMatchingIndexingMap(bias);
  FailureOr<ConstantData> added = getConstant(bias->get());
  if (failed(added) || !added->getType().getElementType().isInteger(32) ||
      map.getNumResults() != 1 ||
      map.getResult(0) != getAffineDimExpr(group.laneLoop, op.getContext()))
    return false;
  // Blocks, taps, pairs of inputs, lanes, elements; or taps come last or not at
  // all, in two constants.
  auto packed = cast<MemRefType>(op.getInputs()[1].getType());
  int64_t blocks = packed.getDimSize(0), lanes = packed.getDimSize(3);
  SmallVector<std::pair<int64_t, int64_t>> ranges(blocks * lanes);
  linalg::GenericOp unpacking = group.unpacking;
  for (Value buffer : unpacking ? unpacking.getInputs()
                                : OperandRange(op.getInputs().drop_front())) {
    FailureOr<ConstantData> weights = getConstant(buffer);
    if (failed(weights) || !weights->getType().getElementType().isInteger(8))
      return false;
    ArrayRef<int64_t> sizes = weights->getShape();
    int64_t perBlock = weights->getType().getNumElements() / blocks;
    int64_t perLane = 1;
    for (int64_t size : sizes.drop_front(unpacking ? 3 : 4))
      perLane *= size;
    auto some = getSumRanges(
        weights->getAs<int8_t>(), ranges.size(), std::min<int64_t>(range[0], 0),
        std::max<int64_t>(range[1], 0), [&](int64_t at) {
          return at / perBlock * lanes + at / perLane % lanes;
        });
    for (auto [all, part] : llvm::zip_equal(ranges, some))
      all = {all.first + part.first, all.second + part.second};
  }
  unsigned bits = 32 - shift;
  // Channels that fill up the last block have no bias.
  return llvm::all_of(llvm::zip_first(added->getAs<int32_t>(), ranges),
                      [&](const auto &channel) {
                        auto [bias, sums] = channel;
                        return llvm::isIntN(bits, sums.first + bias) &&
                               llvm::isIntN(bits, sums.second + bias);
                      });
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
