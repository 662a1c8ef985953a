//===- ConstantData.cpp - Raw bytes of weights ----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/ConstantPool.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <numeric>

using namespace mlir;
using namespace nnq;

FailureOr<ConstantData> ConstantData::get(Value value) {
  if (auto cast = value.getDefiningOp<quant::StorageCastOp>())
    value = cast.getInput();
  Attribute attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return failure();
  return get(attr);
}

FailureOr<ConstantData> ConstantData::get(Attribute attr) {
  auto elements = dyn_cast<ElementsAttr>(attr);
  if (!elements)
    return failure();
  ConstantData data;
  data.type = cast<ShapedType>(elements.getShapedType());
  Type element = data.type.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0)
    return failure();
  size_t size = data.getNumElements() * element.getIntOrFloatBitWidth() / 8;

  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != size)
      return failure();
    data.borrowed = blob->getData();
    return data;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    return failure();
  if (!dense.isSplat()) {
    data.borrowed = dense.getRawData();
    return data;
  }
  ArrayRef<char> one = dense.getRawData();
  data.owned = std::make_shared<std::vector<char>>(size);
  for (size_t at = 0; at < size; at += one.size())
    std::memcpy(data.owned->data() + at, one.data(), one.size());
  return data;
}

FailureOr<ConstantData> ConstantData::getWidened(Value value) {
  if (auto cast = value.getDefiningOp<quant::StorageCastOp>())
    value = cast.getInput();
  Attribute attr;
  auto type = dyn_cast<ShapedType>(value.getType());
  if (!type || !type.getElementType().isInteger(4))
    return get(value);
  if (!matchPattern(value, m_Constant(&attr)))
    return failure();
  ConstantData data;
  data.type = type.clone(IntegerType::get(type.getContext(), 8));
  size_t count = type.getNumElements();
  data.owned = std::make_shared<std::vector<char>>();
  data.owned->reserve(count + 1);
  auto add = [&](char nibble) {
    data.owned->push_back(static_cast<char>(((nibble & 15) ^ 8) - 8));
  };
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != llvm::divideCeil(count, 2))
      return failure();
    for (char byte : blob->getData()) {
      add(byte);
      add(static_cast<char>(static_cast<uint8_t>(byte) >> 4));
    }
    data.owned->resize(count);
    return data;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    return failure();
  for (const APInt &number : dense.getValues<APInt>())
    data.owned->push_back(static_cast<char>(number.getSExtValue()));
  return data;
}

std::vector<char> nnq::packInt4(ArrayRef<char> values) {
  std::vector<char> packed(llvm::divideCeil(values.size(), 2), 0);
  for (auto [i, value] : llvm::enumerate(values))
    packed[i / 2] |= static_cast<char>((value & 15) << (i % 2 * 4));
  return packed;
}

DenseResourceElementsAttr nnq::makeResource(ShapedType type, StringRef hint,
                                            ArrayRef<char> bytes) {
  auto *dialect = type.getContext()->getLoadedDialect<NNQDialect>();
  if (auto *pool =
          dialect ? dialect->getRegisteredInterface<ConstantPool>() : nullptr)
    return DenseResourceElementsAttr::get(type, pool->get(hint, bytes));
  return DenseResourceElementsAttr::get(
      type, hint, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64));
}

Value nnq::makeConstant(OpBuilder &builder, Location loc, ShapedType type,
                        StringRef hint, ArrayRef<char> bytes) {
  // The lowering of memrefs to LLVM iterates over a single number.
  if (type.getRank() == 0)
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::getFromRawBuffer(type, bytes));
  return arith::ConstantOp::create(builder, loc,
                                   makeResource(type, hint, bytes));
}

std::vector<char> nnq::transposeBytes(ArrayRef<char> bytes,
                                      ArrayRef<int64_t> shape,
                                      ArrayRef<int64_t> permutation,
                                      unsigned width) {
  int64_t rank = shape.size();
  SmallVector<int64_t> strides(rank, 1);
  for (int64_t i = rank - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];

  std::vector<char> result(bytes.size());
  SmallVector<int64_t> index(rank, 0);
  for (size_t to = 0; to < bytes.size(); to += width) {
    int64_t from = 0;
    for (int64_t i = 0; i < rank; ++i)
      from += index[i] * strides[permutation[i]];
    std::memcpy(result.data() + to, bytes.data() + from * width, width);
    for (int64_t i = rank - 1; i >= 0; --i) {
      if (++index[i] < shape[permutation[i]])
        break;
      index[i] = 0;
    }
  }
  return result;
}
