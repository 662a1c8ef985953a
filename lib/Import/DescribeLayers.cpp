//===- DescribeLayers.cpp - What a profile says of layers -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerKind.h"
#include "nnq/Support/SharedWeights.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_DESCRIBELAYERS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace mlir::linalg;
using namespace nnq;

static StringRef describeKind(LinalgOp op) {
  if (isConvolution(op)) {
    FailureOr<ConvolutionDimensions> dims = inferConvolutionDims(op);
    if (succeeded(dims) && !dims->depth.empty() && dims->inputChannel.empty())
      return "depthwise";
  }
  return getLayerKind(op);
}

/// Multiply-adds of `op`; none if it does not multiply or has dynamic sizes.
static std::optional<int64_t> countMultiplyAdds(LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || !isMultiplyAddBody(op) ||
      op.hasDynamicShape())
    return std::nullopt;
  return ShapedType::getNumElements(op.getStaticLoopRanges());
}

/// The constant that `value` is, by a reshape at most.
static arith::ConstantOp findConstant(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      return dyn_cast<arith::ConstantOp>(op);
    value = op->getOperand(0);
  }
  return nullptr;
}

/// Such as "i4, groups of 64", of quantized weights that have fewer than 8 bits
/// or groups.
static std::string describeFormat(LinalgOp op) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto cast = operand->get().getDefiningOp<quant::DequantizeCastOp>();
    auto stored =
        cast ? cast.getInput().getDefiningOp<quant::StorageCastOp>() : nullptr;
    if (!stored || !findConstant(stored.getInput()))
      continue;
    if (auto bits = op->getAttrOfType<IntegerAttr>(kWeightBitsAttr))
      return llvm::formatv("codebook, {0} bits", bits.getInt());
    if (std::optional<WeightVectors> vectors = WeightVectors::read(op))
      return llvm::formatv("codebook, {0} bits, vectors of {1}", vectors->bits,
                           vectors->size);
    quant::QuantizedType type = cast.getQuantizedType();
    std::string name =
        llvm::formatv("i{0}", type.getStorageTypeIntegralWidth());
    if (auto blocks = dyn_cast<quant::UniformQuantizedSubChannelType>(type))
      return name + llvm::formatv(", groups of {0}",
                                  *llvm::max_element(blocks.getBlockSizes()))
                        .str();
    return type.getStorageTypeIntegralWidth() < 8 ? name : "";
  }
  return "";
}

/// With `bits` for each element, if that is not 0.
static int64_t countBytes(arith::ConstantOp constant, int64_t bits) {
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  if (!type)
    return 0;
  if (bits == 0)
    bits = type.getElementTypeBitWidth();
  return llvm::divideCeil(type.getNumElements() * bits, 8);
}

/// Elements of `constant` that are zero.
static int64_t countZeros(arith::ConstantOp constant) {
  FailureOr<ConstantData> data = ConstantData::get(constant.getResult());
  if (failed(data))
    return 0;
  auto count = [](auto elements) {
    return llvm::count_if(elements, [](auto x) { return x == 0; });
  };
  Type type = data->getType().getElementType();
  if (type.isF32())
    return count(data->getAs<float>());
  if (type.isInteger(8))
    return count(data->getAs<int8_t>());
  if (type.isInteger(16))
    return count(data->getAs<int16_t>());
  return 0;
}

/// How the integers of `value` are made, which is in quantize/dequantize form:
/// the type of them, or null.
static quant::QuantizedType getQuantizedType(Value value) {
  auto cast = value.getDefiningOp<quant::DequantizeCastOp>();
  if (!cast)
    return {};
  return dyn_cast<quant::QuantizedType>(
      getElementTypeOrSelf(cast.getInput().getType()));
}

static StringRef describeScheme(bool isSymmetric) {
  return isSymmetric ? "symmetric" : "asymmetric";
}

/// Schemes of weights and input of a layer in quantize/dequantize form.
static void describeQuantization(LinalgOp op, NamedAttrList &layer) {
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  if (failed(operands))
    return;
  Builder b(op);
  auto isZero = [](int64_t zeroPoint) { return zeroPoint == 0; };
  auto set = [&](StringRef key, bool isSymmetric, StringRef granularity) {
    layer.set(key, b.getStringAttr(describeScheme(isSymmetric) + granularity));
  };
  quant::QuantizedType weights = getQuantizedType(operands->weight->get());
  if (auto type = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(weights))
    set("weight_scheme", llvm::all_of(type.getZeroPoints(), isZero),
        " per-axis");
  else if (auto type = dyn_cast_or_null<quant::UniformQuantizedType>(weights))
    set("weight_scheme", type.getZeroPoint() == 0, " per-tensor");
  Value input = operands->activation->get();
  if (auto cast = input.getDefiningOp<DynamicDCastOp>())
    layer.set("input_scheme",
              b.getStringAttr(cast.isPerRow() ? "dynamic per-row" : "dynamic"));
  auto type =
      dyn_cast_or_null<quant::UniformQuantizedType>(getQuantizedType(input));
  if (!type)
    return;
  // Symmetric integers may have no sign; the middle of the range is zero then.
  int64_t middle = type.isSigned() ? 0 : (type.getStorageTypeMax() + 1) / 2;
  set("input_scheme", type.getZeroPoint() == middle, "");
  auto getNumber = [&](int64_t q) {
    return (q - type.getZeroPoint()) * type.getScale();
  };
  layer.set("input_range",
            b.getDenseF64ArrayAttr({getNumber(type.getStorageTypeMin()),
                                    getNumber(type.getStorageTypeMax())}));
}

namespace {
struct DescribeLayers : public nnq::impl::DescribeLayersBase<DescribeLayers> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    Builder b(&getContext());
    auto known = module->getAttrOfType<DictionaryAttr>(kLayersAttr);
    llvm::MapVector<StringAttr, NamedAttrList> layers;
    if (known)
      for (NamedAttribute layer : known)
        layers[layer.getName()] = cast<DictionaryAttr>(layer.getValue());
    for (auto &layer : layers)
      for (StringRef read : {"weights", "factors", "zeros"})
        layer.second.erase(read);
    llvm::DenseSet<std::pair<Attribute, Operation *>> counted;
    module.walk([&](LinalgOp op) {
      auto name = op->getAttrOfType<StringAttr>(kLayerAttr);
      if (!name)
        return;
      std::optional<int64_t> macs = countMultiplyAdds(op);
      NamedAttrList &layer = layers[name];
      if (macs)
        layer.set("type", TypeAttr::get(getElementTypeOrSelf(
                              op.getDpsInputOperand(0)->get().getType())));
      if (std::string format = describeFormat(op); !format.empty())
        layer.set("format", b.getStringAttr(format));
      if (Attribute sqnr = op->getAttr(kSqnrAttr))
        layer.set("sqnr", sqnr);
      if (Attribute sqnr = op->getAttr(kWeightSqnrAttr))
        layer.set("weight_sqnr", sqnr);
      if (Attribute clipped = op->getAttr(kClippedAttr))
        layer.set("clipped", clipped);
      if (macs)
        describeQuantization(op, layer);
      countWeights(op, name, macs.has_value(), counted, layer);
      if (known && known.contains(name))
        return;
      auto sum = dyn_cast_or_null<IntegerAttr>(layer.get("macs"));
      if (!layer.get("kind") || (macs && !sum))
        layer.set("kind", b.getStringAttr(describeKind(op)));
      if (macs)
        layer.set("macs",
                  b.getI64IntegerAttr(*macs + (sum ? sum.getInt() : 0)));
    });
    SmallVector<NamedAttribute> described;
    for (auto &[name, layer] : layers)
      described.emplace_back(name, layer.getDictionary(&getContext()));
    numDescribed += described.size() - (known ? known.size() : 0);
    module->setAttr(kLayersAttr, b.getDictionaryAttr(described));
  }

private:
  /// Adds the constants that `op` reads; ops of one layer may share some. Those
  /// that it multiplies with are factors, of which zeros matter.
  static void
  countWeights(LinalgOp op, StringAttr name, bool isProduct,
               llvm::DenseSet<std::pair<Attribute, Operation *>> &counted,
               NamedAttrList &layer) {
    auto add = [&](StringRef key, int64_t number) {
      if (!number)
        return;
      if (auto sum = dyn_cast_or_null<IntegerAttr>(layer.get(key)))
        number += sum.getInt();
      layer.set(key, Builder(op).getI64IntegerAttr(number));
    };
    for (OpOperand *operand : op.getDpsInputOperands()) {
      arith::ConstantOp constant = findConstant(operand->get());
      if (!constant || !counted.insert({name, constant}).second)
        continue;
      // Packed two to a byte.
      auto bits = op->getAttrOfType<IntegerAttr>(kWeightBitsAttr);
      bool isFactor = bits && operand->getOperandNumber() == 1;
      add("weights", countBytes(constant, isFactor ? bits.getInt() : 0));
      auto type = dyn_cast<RankedTensorType>(constant.getType());
      if (!isProduct || !type)
        continue;
      add("factors", type.getNumElements());
      add("zeros", countZeros(constant));
    }
  }
};
} // namespace
