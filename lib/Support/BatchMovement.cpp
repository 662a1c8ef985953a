//===- BatchMovement.cpp - Samples that move together ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BatchProof.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace nnq;

/// `batch`, in dimension `number` of `shape`, when all of these are merged into
/// dimension `position` of the result.
static BatchDim merge(BatchDim batch, int64_t position, ArrayRef<int64_t> shape,
                      int64_t number) {
  int64_t outer = llvm::product_of(shape.take_front(number), int64_t(1));
  int64_t rows = llvm::product_of(shape.drop_front(number + 1), int64_t(1));
  return {position, batch.scale * outer * rows, batch.outer * outer,
          batch.rows * rows};
}

/// `batch` when its dimension is split into `outer`, dimension `position` of
/// the result, and `rows`. None if samples would be in several dimensions.
static std::optional<BatchDim> split(BatchDim batch, int64_t position,
                                     int64_t outer, int64_t rows) {
  if (outer < 1 || rows < 1 || batch.scale % (outer * rows))
    return std::nullopt;
  // What is beyond the factors of the batch comes of elements that are the
  // same.
  auto divide = [](int64_t factor, int64_t size) -> int64_t {
    return factor % size == 0 ? factor / size : size % factor == 0 ? 1 : 0;
  };
  BatchDim result{position, batch.scale / (outer * rows),
                  divide(batch.outer, outer), divide(batch.rows, rows)};
  int64_t factors = result.outer * result.rows;
  return factors && result.scale % factors == 0 ? std::optional(result)
                                                : std::nullopt;
}

LogicalResult BatchProof::check(tensor::EmptyOp op) {
  for (auto [i, size] : llvm::enumerate(op.getMixedSizes())) {
    std::optional<BatchSize> known = analysis.sizes.get(size);
    if (known && known->isConstant())
      continue;
    if (!known || !known->isMultiple() || analysis.getBatchDim(op))
      return refuse(op, "makes a tensor whose size is not the batch");
    analysis.dims[op] = {static_cast<int64_t>(i), known->scale};
  }
  return success();
}

LogicalResult BatchProof::check(tensor::PadOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSource());
  for (auto [i, low, high] :
       llvm::enumerate(op.getMixedLowPad(), op.getMixedHighPad()))
    for (OpFoldResult padding : {low, high}) {
      bool isOfBatch = batch && batch->position == static_cast<int64_t>(i);
      std::optional<BatchSize> size = analysis.sizes.get(padding);
      auto value = dyn_cast<Value>(padding);
      if (isOfBatch ? !size || !(*size == BatchSize{})
                    : value && analysis.sizes.dependsOnBatch(value))
        return refuse(op, "pads by a number of samples");
    }
  if (!batch)
    return success();
  if (!op.getBody()->getArgument(batch->position).use_empty())
    return refuse(op, "pads with the number of the sample");
  if (llvm::any_of(op.getBody()->getOperations(),
                   [&](Operation &nested) { return readsBatch(&nested); }))
    return refuse(op, "pads with what it reads of samples");
  analysis.dims[op] = *batch;
  return success();
}

LogicalResult BatchProof::check(tensor::ExpandShapeOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSrc());
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  ArrayRef<int64_t> shape = op.getType().getShape();
  std::optional<int64_t> position;
  int64_t outer = 1, rows = 1;
  ReassociationIndices group = op.getReassociationIndices()[batch->position];
  for (int64_t i : group) {
    if (!ShapedType::isDynamic(shape[i]))
      (position ? rows : outer) *= shape[i];
    else if (position)
      return refuse(op, "splits the batch into sizes that are open");
    else
      position = i;
  }
  if (!position)
    return refuse(op, "fixes the size of the batch");
  std::optional<BatchDim> result = split(*batch, *position, outer, rows);
  if (!result)
    return refuse(op, "splits the batch across samples");
  analysis.dims[op] = *result;
  return success();
}

LogicalResult BatchProof::check(tensor::CollapseShapeOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSrc());
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  for (auto [i, group] : llvm::enumerate(op.getReassociationIndices()))
    if (llvm::is_contained(group, batch->position))
      analysis.dims[op] =
          merge(*batch, i, shape.slice(group.front(), group.size()),
                batch->position - group.front());
  return success();
}

LogicalResult BatchProof::check(tensor::ReshapeOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSource());
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  auto it = shapes.find(op.getShape());
  if (!batch || !type || !source || it == shapes.end())
    return refuse(op, "reshapes samples in a way that is not understood");
  std::optional<int64_t> position;
  int64_t outer = 1, rows = 1;
  for (auto [i, size] : llvm::enumerate(it->second)) {
    if (size.isConstant())
      (position ? rows : outer) *= size.offset;
    else if (position || !size.isMultiple())
      return refuse(op, "reshapes samples in a way that is not understood");
    else
      position = i;
  }
  std::optional<BatchDim> result;
  if (position)
    result = split(merge(*batch, 0, source.getShape(), batch->position),
                   *position, outer, rows);
  if (!result || result->scale != it->second[*position].scale)
    return refuse(op, "reshapes samples across their borders");
  analysis.dims[op] = *result;
  return success();
}

bool BatchProof::isWhole(BatchDim batch, OpFoldResult offset, OpFoldResult size,
                         OpFoldResult stride) const {
  std::optional<BatchSize> known = analysis.sizes.get(size);
  return isZeroInteger(offset) && isOneInteger(stride) && known &&
         *known == BatchSize{batch.scale, 0};
}

LogicalResult BatchProof::check(tensor::ExtractSliceOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSource());
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  int64_t dim = batch->position;
  if (!isWhole(*batch, op.getMixedOffsets()[dim], op.getMixedSizes()[dim],
               op.getMixedStrides()[dim]))
    return refuse(op, "takes some of the samples");
  llvm::SmallBitVector dropped = op.getDroppedDims();
  if (dropped.test(dim))
    return refuse(op, "drops the batch");
  for (int64_t i = 0, e = batch->position; i < e; ++i)
    dim -= dropped.test(i);
  batch->position = dim;
  analysis.dims[op] = *batch;
  return success();
}

LogicalResult BatchProof::check(tensor::InsertSliceOp op) {
  std::optional<BatchDim> source = analysis.getBatchDim(op.getSource());
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getDest());
  if (!source || !batch)
    return refuse(op, "joins samples with what is not of the batch");
  int64_t dim = batch->position;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (int64_t i = 0; i < batch->position; ++i)
    dim -= dropped.test(i);
  if (dim != source->position || dropped.test(batch->position) ||
      !isWhole(*batch, op.getMixedOffsets()[batch->position],
               op.getMixedSizes()[batch->position],
               op.getMixedStrides()[batch->position]))
    return refuse(op, "writes some of the samples");
  source->position = batch->position;
  std::optional<BatchDim> both = unify(*source, *batch);
  if (!both)
    return refuse(op, "pairs samples with parts of samples");
  analysis.dims[op] = *both;
  return success();
}

LogicalResult BatchProof::check(tensor::ConcatOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getInputs().front());
  for (Value input : op.getInputs()) {
    std::optional<BatchDim> other = analysis.getBatchDim(input);
    if (!batch || !other || !(batch = unify(*batch, *other)))
      return refuse(op, "joins samples with what is not of the batch");
  }
  if (static_cast<int64_t>(op.getDim()) == batch->position)
    return refuse(op, "joins batches");
  analysis.dims[op] = *batch;
  return success();
}

LogicalResult BatchProof::check(DynamicQCastOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getInput());
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  int64_t last = op.getInput().getType().getRank() - 1;
  if (!op.isPerRow() || batch->position == last)
    return refuse(op, "finds the scale of an activation over all samples; "
                      "calibrate (data=FILE)");
  for (Value result : op->getResults())
    analysis.dims[result] = *batch;
  return success();
}

/// Casts between quantized and other values, element by element.
LogicalResult BatchProof::checkCast(Operation *op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op->getOperand(0));
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  for (Type type : {op->getOperand(0).getType(), op->getResult(0).getType()}) {
    Type element = getElementTypeOrSelf(type);
    auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
    if (isa<quant::UniformQuantizedSubChannelType>(element) ||
        (axis && axis.getQuantizedDimension() == batch->position))
      return refuse(op, "has scales for single samples");
  }
  analysis.dims[op->getResult(0)] = *batch;
  return success();
}
