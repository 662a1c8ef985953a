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

static bool areUnits(ArrayRef<int64_t> shape) {
  return llvm::all_of(shape, [](int64_t size) { return size == 1; });
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
  int64_t rows = batch->rows;
  std::optional<int64_t> position;
  ReassociationIndices group = op.getReassociationIndices()[batch->position];
  for (int64_t i : group) {
    if (ShapedType::isDynamic(shape[i])) {
      if (position)
        return refuse(op, "splits the batch into sizes that are open");
      position = i;
    } else if (!position && shape[i] != 1) {
      return refuse(op,
                    "splits the batch: samples are not its outer dimension");
    } else if (rows % shape[i]) {
      return refuse(op, "splits the batch across samples");
    } else {
      rows /= shape[i];
    }
  }
  if (!position)
    return refuse(op, "fixes the size of the batch");
  analysis.dims[op] = {*position, rows};
  return success();
}

LogicalResult BatchProof::check(tensor::CollapseShapeOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSrc());
  if (!batch)
    return refuse(op, "makes a tensor whose size is not the batch");
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
    if (!llvm::is_contained(group, batch->position))
      continue;
    if (!areUnits(shape.slice(group.front(), batch->position - group.front())))
      return refuse(op, "merges the batch into a dimension outside of it");
    int64_t rows = batch->rows;
    for (int64_t dim : group)
      if (dim != batch->position)
        rows *= shape[dim];
    analysis.dims[op] = {static_cast<int64_t>(i), rows};
  }
  return success();
}

LogicalResult BatchProof::check(tensor::ReshapeOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getSource());
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  auto it = shapes.find(op.getShape());
  if (!batch || !type || !source || it == shapes.end() ||
      !areUnits(source.getShape().take_front(batch->position)))
    return refuse(op, "reshapes samples in a way that is not understood");
  int64_t elements = batch->rows;
  for (int64_t size : source.getShape().drop_front(batch->position + 1))
    elements *= size;
  std::optional<BatchDim> result;
  for (auto [i, size] : llvm::enumerate(it->second)) {
    if (!result && size.isMultiple())
      result = {static_cast<int64_t>(i), size.scale};
    else if (!size.isConstant() || (!result && size.offset != 1))
      return refuse(
          op, "reshapes samples so that they are not the outer dimension");
    elements = size.isConstant() && size.offset && elements % size.offset == 0
                   ? elements / size.offset
               : size.isConstant() ? 0
                                   : elements;
  }
  if (!result || elements != result->rows)
    return refuse(op, "reshapes samples across their borders");
  analysis.dims[op] = *result;
  return success();
}

bool BatchProof::isWhole(BatchDim batch, OpFoldResult offset, OpFoldResult size,
                         OpFoldResult stride) const {
  std::optional<BatchSize> known = analysis.sizes.get(size);
  return isZeroInteger(offset) && isOneInteger(stride) && known &&
         *known == BatchSize{batch.rows, 0};
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
  analysis.dims[op] = {dim, batch->rows};
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
  analysis.dims[op] = *batch;
  return success();
}

LogicalResult BatchProof::check(tensor::ConcatOp op) {
  std::optional<BatchDim> batch = analysis.getBatchDim(op.getInputs().front());
  for (Value input : op.getInputs())
    if (!batch || !(analysis.getBatchDim(input) == batch))
      return refuse(op, "joins samples with what is not of the batch");
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
