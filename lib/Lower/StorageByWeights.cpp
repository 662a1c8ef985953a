//===- StorageByWeights.cpp - Storage of each activation ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "StorageByWeights.h"
#include "QuantizedValues.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/Structured.h"
#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace nnq;

/// The type of weights behind a dequantization.
static quant::QuantizedType getWeightType(Value dequantized) {
  auto dcast = dequantized.getDefiningOp<quant::DequantizeCastOp>();
  auto scast = dcast ? dcast.getInput().getDefiningOp<quant::StorageCastOp>()
                     : quant::StorageCastOp();
  if (!scast || !matchPattern(scast.getInput(), m_Constant()))
    return {};
  return dyn_cast<quant::QuantizedType>(
      getElementTypeOrSelf(scast.getResult().getType()));
}

/// True if 16 bits hold the sum of two products of any such weights with u8.
static bool isReduced(quant::QuantizedType type) {
  constexpr int64_t kLimit = kMaxWeightSumI16 / 2;
  return type.isSigned() && type.getStorageTypeMin() >= -kLimit &&
         type.getStorageTypeMax() <= kLimit;
}

/// True for ops on f32 that are lowered to the same ones on integers.
static bool movesValues(Operation *op) {
  if (isa<tensor::ConcatOp, tensor::InsertSliceOp>(op) || getPermutation(op))
    return true;
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && isMaxReduction(structured);
}

DenseMap<Value, ActivationStorage>
nnq::chooseStorageByWeights(func::FuncOp func) {
  llvm::EquivalenceClasses<void *> classes;
  auto unite = [&](Value a, Value b) {
    if (a && b)
      classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
  };
  SmallVector<Value> values;
  DenseMap<Value, bool> isWideByReader;
  bool anyReduced = false;
  func.walk([&](Operation *op) {
    for (Value result : op->getResults())
      if (isa<DynamicQCastOp>(op) ||
          isa<quant::QuantizedType>(getElementTypeOrSelf(result.getType())))
        values.push_back(result);
    if (isView(op))
      unite(op->getOperand(0), op->getResult(0));
    if (auto scast = dyn_cast<quant::StorageCastOp>(op))
      if (auto pad = scast.getInput().getDefiningOp<tensor::PadOp>())
        if (auto source = pad.getSource().getDefiningOp<quant::StorageCastOp>())
          unite(source.getInput(), scast.getResult());
    if (movesValues(op))
      for (Value operand : op->getOperands())
        for (Operation *user : op->getUsers())
          if (auto qcast = dyn_cast<quant::QuantizeCastOp>(user))
            unite(getQuantizedSource(operand), qcast.getResult());
    if (!isa<linalg::LinalgOp>(op))
      return;
    for (Value weights : op->getOperands())
      if (quant::QuantizedType type = getWeightType(weights))
        for (Value operand : op->getOperands()) {
          Value source = getQuantizedSource(operand);
          if (!source || getWeightType(operand))
            continue;
          anyReduced |= isReduced(type);
          isWideByReader[source] |= !isReduced(type);
        }
  });
  for (Value value : values)
    classes.insert(value.getAsOpaquePointer());
  DenseMap<void *, bool> isWideByClass;
  for (auto [value, isWide] : isWideByReader) {
    classes.insert(value.getAsOpaquePointer());
    isWideByClass[classes.getLeaderValue(value.getAsOpaquePointer())] |= isWide;
  }
  DenseMap<Value, ActivationStorage> chosen;
  for (Value value : values) {
    auto it =
        isWideByClass.find(classes.getLeaderValue(value.getAsOpaquePointer()));
    bool isWide = it == isWideByClass.end() ? !anyReduced : it->second;
    chosen[value] = isWide ? ActivationStorage::S16 : ActivationStorage::U8;
  }
  return chosen;
}
