//===- InputChannels.cpp - Where weights have input channels --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/InputChannels.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

/// Of an image that was flattened: how many channels it has, and how far apart
/// those of one pixel are.
static std::optional<std::pair<int64_t, int64_t>>
findFlattenedChannels(Value activation) {
  while (Operation *cast = activation.getDefiningOp()) {
    if (!isa<quant::DequantizeCastOp, quant::QuantizeCastOp>(cast))
      break;
    activation = cast->getOperand(0);
  }
  auto collapse = activation.getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse)
    return std::nullopt;
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  ReassociationIndices flattened = collapse.getReassociationIndices().back();
  std::optional<unsigned> channelDim;
  Value image = collapse.getSrc();
  while (auto op = image.getDefiningOp<linalg::LinalgOp>()) {
    FailureOr<Contraction> made = Contraction::match(op);
    if (failed(made))
      made = Contraction::matchDepthwise(op);
    if (succeeded(made)) {
      channelDim = made->channelDim;
      break;
    }
    if (!isElementwiseCompute(op) && !isPooling(op))
      break;
    image = op.getDpsInputs().front();
  }
  if (!channelDim || !llvm::is_contained(flattened, *channelDim))
    return std::nullopt;
  int64_t apart = 1;
  for (int64_t dim = *channelDim + 1; dim <= flattened.back(); ++dim)
    apart *= shape[dim];
  return std::pair(shape[*channelDim], apart);
}

InputChannels InputChannels::get(linalg::LinalgOp op,
                                 const WeightedOp &operands) {
  InputChannels inputs;
  if (!operands.inputAxis)
    return inputs;
  ArrayRef<int64_t> shape = op.getShape(operands.weight);
  inputs.count = shape[*operands.inputAxis];
  for (int64_t size : shape.drop_front(*operands.inputAxis + 1))
    inputs.stride *= size;
  // Kernels read the channels of a pixel one after the other.
  if (auto channels = findFlattenedChannels(operands.activation->get())) {
    inputs.count = channels->first;
    inputs.apart = channels->second;
    inputs.stride *= inputs.apart;
  }
  return inputs;
}
