//===- DequantizedWeights.cpp - Integers of weights, and back -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;
using namespace nnq;

FailureOr<WeightGrid> WeightGrid::get(quant::QuantizedType type,
                                      ArrayRef<int64_t> shape) {
  FailureOr<QuantScales> scales = QuantScales::get(type);
  if (failed(scales))
    return failure();
  WeightGrid grid;
  grid.range = getStorageRange(type);
  for (auto [scale, zeroPoint] :
       llvm::zip_equal(scales->scales, scales->zeroPoints))
    grid.params.push_back(
        {static_cast<float>(scale), static_cast<int32_t>(zeroPoint)});
  if (scales->blocks.empty())
    return grid;
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  for (int64_t element = 0; element < count; ++element) {
    SmallVector<int64_t> index(shape.size());
    int64_t rest = element;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      index[dim] = rest % shape[dim];
      rest /= shape[dim];
    }
    int64_t block = 0;
    for (const QuantScales::Blocks &along : scales->blocks)
      block = block * along.count + index[along.dim] / along.size;
    grid.blocks.push_back(block);
  }
  return grid;
}

quant::QuantizedType nnq::getQuantizedType(Value weight) {
  auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
  return cast ? cast.getQuantizedType() : quant::QuantizedType();
}

FailureOr<std::vector<int32_t>> nnq::getIntegers(Value weight) {
  auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
  if (!cast || !cast.getInput().getDefiningOp<quant::StorageCastOp>())
    return failure();
  FailureOr<ConstantData> data = ConstantData::getWidened(cast.getInput());
  if (failed(data) || !data->getType().getElementType().isInteger(8))
    return failure();
  std::vector<int32_t> integers;
  bool isSigned = cast.getQuantizedType().isSigned();
  for (char byte : data->getBytes())
    integers.push_back(isSigned
                           ? static_cast<int32_t>(static_cast<int8_t>(byte))
                           : static_cast<uint8_t>(byte));
  return integers;
}
