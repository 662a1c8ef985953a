//===- QuantizationLowering.h - State of nnq-lower-quantization -*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_QUANTIZATIONLOWERING_H
#define NNQ_LIB_LOWER_QUANTIZATIONLOWERING_H

#include "QuantizedValues.h"
#include "StorageByWeights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Layers.h"

namespace nnq {

/// A quantized tensor whose integers are at hand. Parameters are static, or the
/// run-time values `scale` (f32) and `zeroPoint` (i32, in storage units), which
/// are tensors where each row has its own.
struct Quantized {
  mlir::Value storage;
  bool isSigned;
  std::optional<ActivationParams> params;
  mlir::Value scale, zeroPoint;
  /// Stored for products, see centeredFormatOf().
  bool isCentered = false;

  bool isPerRow() const {
    return scale && mlir::isa<mlir::ShapedType>(scale.getType());
  }
};

/// True for a product of two dequantized activations.
bool isQuantizedProduct(mlir::Operation *op);

/// True if 8 bits hold the factors of a quantized product, the second without
/// its zero point and with a sign.
bool isNarrowProduct(mlir::Operation *op);

/// True if products alone read `quantized`, at most moved before, and `accepts`
/// each of these uses.
bool feedsProducts(
    mlir::Value quantized, mlir::function_ref<bool(mlir::OpOperand &)> accepts =
                               [](mlir::OpOperand &use) {
                                 return isQuantizedProduct(use.getOwner());
                               });

/// Sums of `input` in i32 over the reduction loops. `bounds` are those of all
/// loops; not all are in the `inputMap`.
mlir::Value emitSum(mlir::OpBuilder &builder, mlir::linalg::LinalgOp layer,
                    mlir::Value input, bool isSigned,
                    mlir::ArrayRef<int64_t> bounds,
                    mlir::ArrayRef<mlir::utils::IteratorType> iterators,
                    mlir::AffineMap inputMap, mlir::AffineMap outputMap);

/// Sums of the integers of an activation that each result of a contraction
/// reads.
struct ActivationSums {
  mlir::Value value;
  /// From the dimensions of the result to those of `value`.
  mlir::AffineMap map;
};

/// Numbers that a body captures or, where they are tensors, that an elementwise
/// op reads by row, as its last operands.
struct RowValues {
  mlir::SmallVector<mlir::Value> values;
  /// From the dimensions of the result of the op to those of the rows.
  mlir::AffineMap map;

  void addTo(mlir::SmallVectorImpl<mlir::Value> &inputs,
             mlir::SmallVectorImpl<mlir::AffineMap> &maps) const;
  /// The numbers in a body with these arguments, from which operands go.
  mlir::SmallVector<mlir::Value> take(mlir::ValueRange &args) const;
};

/// `bound` quantized, within the range of `params`.
int64_t quantizeBound(float bound, const ActivationParams &params);

/// The largest magnitude of an integer of `params` minus the zero point.
double getMagnitude(const ActivationParams &params);

/// A contraction and the ops behind it that its epilogue takes in.
struct ContractionChain {
  Contraction contraction;
  mlir::Operation *last;
  /// By channel; empty if there is none.
  mlir::SmallVector<float> bias;
  /// Bounds that follow, such as those of ReLU and ReLU6.
  std::optional<float> low, high;
  mlir::quant::QuantizeCastOp requantize;
  /// Products read what is quantized, see feedsProducts().
  bool isCentered = false;
  /// By channel, and the sums that they multiply; empty if all are 0.
  mlir::SmallVector<int32_t> weightZeroPoints;
  std::optional<ActivationSums> sums;
  /// What is known of the activation at run time only.
  RowValues rows;
};

/// Takes `max(x, low)`, `min(x, high)` and their compositions, as ReLU and
/// ReLU6 compute them, into `chain`.
bool matchClamp(mlir::linalg::GenericOp op, ContractionChain &chain);

/// Rounding is monotone: the bounds of a chain may be applied after it.
std::pair<int64_t, int64_t> getBounds(const ContractionChain &chain,
                                      const ActivationParams &out);

/// The f32 results of an epilogue: integers times a constant by channel.
struct Multiplied {
  mlir::linalg::GenericOp epilogue;
  unsigned multiplier; ///< Which input the constant is.
  mlir::SmallVector<double> factors;
  double largest; ///< Magnitude of a result.
};

/// A value, whether it is in steps of the result, and bounds of its integers.
struct ToQuantize {
  mlir::Value value;
  bool isScaled;
  int64_t low, high;
  Rounded known;
};

/// What a chain ends in: integers of a format if it requantizes, else f32.
struct ChainResult {
  StorageFormat format;
  ActivationParams params;
  double scale = 1.0;
};

/// Rewrites one function; run() goes over its ops in order and hands each to
/// the function of its kind.
class QuantizationLowering {
public:
  QuantizationLowering(mlir::func::FuncOp func, ActivationStorage storage,
                       Requantization requant)
      : func(func), rewriter(func.getContext()), storage(storage),
        requant(requant) {
    if (storage == ActivationStorage::ByWeights)
      storages = chooseStorageByWeights(func);
  }

  void run();

  unsigned integerOps = 0;
  unsigned floatOps = 0;

private:
  void lowerQuantize(mlir::quant::QuantizeCastOp op);
  /// Does so where what `op` reads is a sum of dequantized values for it alone.
  void scaleTerms(mlir::quant::QuantizeCastOp op,
                  const ActivationParams &params, ToQuantize &result);
  void lowerDynamicQuantize(DynamicQCastOp op);
  void lowerContraction(Contraction contraction);
  void lowerProduct(mlir::linalg::LinalgOp op);
  void lowerMaxReduction(mlir::linalg::LinalgOp op);
  void lowerSumReduction(mlir::linalg::LinalgOp op);
  void lowerTranspose(mlir::linalg::LinalgOp op,
                      mlir::ArrayRef<int64_t> permutation);
  void lowerReshape(mlir::Operation *op);
  /// Concatenations and insertions, whose operands have the parameters of the
  /// result.
  void lowerJoin(mlir::Operation *op);
  /// Integers that come from elsewhere, or that were padded.
  void lowerStorageCast(mlir::quant::StorageCastOp op);
  bool lowerPad(mlir::quant::StorageCastOp op);
  /// Integers that are read as such.
  void readStorage(mlir::quant::StorageCastOp op);
  void dequantize(mlir::Operation *op);
  void eraseDead(const mlir::DenseSet<mlir::Operation *> &keep = {});

  Quantized *lookup(mlir::Value dequantized);
  /// `requantize` lets the chain end in a quantization.
  ContractionChain matchChain(Contraction contraction, bool requantize);
  /// `op` on integers, extended to i32.
  mlir::linalg::GenericOp emitIntegerContraction(mlir::linalg::LinalgOp op,
                                                 mlir::Value x, bool isSigned,
                                                 mlir::Value w);
  /// Integers of `input` plus `offset`, as `element`.
  mlir::Value emitOffset(mlir::Location loc, mlir::Value input, bool isSigned,
                         int64_t offset, mlir::Type element);
  /// `body` of each element of `input` and its scale and zero point.
  mlir::Value emitByRow(
      mlir::Location loc, mlir::Value input, mlir::Value scale,
      mlir::Value zeroPoint, mlir::Type element,
      mlir::function_ref<mlir::Value(mlir::Value, mlir::Value, mlir::Value)>
          body);
  /// The values of `x` in units of `unit`.
  mlir::Value emitDequantized(mlir::Location loc, const Quantized &x,
                              double unit);
  /// What zero points of the first factor add to each result of a product of it
  /// and `y`, and where, if they are not zero.
  std::optional<ActivationSums> emitZeroPointSums(mlir::linalg::LinalgOp op,
                                                  const Quantized &x,
                                                  mlir::Value y);
  /// The integers of `x` minus their zero point as `element`, which holds them.
  mlir::Value emitCentered(mlir::Location loc, const Quantized &x,
                           mlir::Type element);
  /// None where no op is known to compute them well.
  std::optional<ActivationSums>
  emitActivationSums(const Contraction &contraction, const Quantized &x);
  mlir::linalg::GenericOp emitFixedEpilogue(mlir::Value acc,
                                            ContractionChain &chain,
                                            mlir::ArrayRef<int32_t> biases,
                                            mlir::ArrayRef<double> factors,
                                            const ActivationParams &out,
                                            mlir::Type storage);
  /// Operands of an epilogue that the zero points of weights need.
  void addWeightZeroPoints(ContractionChain &chain,
                           mlir::SmallVectorImpl<mlir::Value> &values);
  /// The accumulator without what zero points of weights add to it.
  mlir::Value correctWeightZeroPoints(mlir::Location loc, mlir::Value acc,
                                      mlir::ValueRange args,
                                      const ContractionChain &chain);
  /// `op` on integers, or on an f32 activation, its weights in groups: sums of
  /// each group.
  mlir::linalg::GenericOp emitGroupSums(const Contraction &contraction,
                                        const Quantized *x,
                                        const IntegerWeights &weights);
  // Of these, `x` is null for an f32 activation.

  /// Sums of the groups of the activation.
  mlir::Value emitActivationGroupSums(const Contraction &contraction,
                                      const Quantized *x, int64_t groupSize);
  /// What sums of the activation start from.
  mlir::TypedAttr getZeroSum(const Quantized *x);
  void lowerGroups(Contraction contraction, const Quantized *x,
                   const IntegerWeights &weights);
  void finishGroups(ContractionChain &chain, const Quantized *x,
                    mlir::ArrayRef<float> scales, mlir::Value acc);
  /// False where integer weights have no kernel for an f32 activation.
  bool lowerWeightOnly(Contraction contraction, const IntegerWeights &weights);
  /// `op` on an f32 or integer activation and integer weights, with the loops
  /// and the result that it is given.
  mlir::linalg::GenericOp
  emitMixedContraction(mlir::linalg::LinalgOp op, mlir::Value x, mlir::Value w,
                       mlir::Value init, mlir::ArrayRef<mlir::AffineMap> maps,
                       mlir::ArrayRef<mlir::utils::IteratorType> iterators,
                       bool isSigned);
  mlir::linalg::GenericOp emitStaticEpilogue(mlir::Value acc,
                                             ContractionChain &chain,
                                             const Quantized &x,
                                             const IntegerWeights &weights);
  mlir::linalg::GenericOp emitDynamicEpilogue(mlir::Value acc,
                                              ContractionChain &chain,
                                              const Quantized &x,
                                              const IntegerWeights &weights);
  /// The f32 `value` within the bounds of the chain.
  mlir::Value emitClamp(mlir::Location loc, mlir::Value value,
                        const ContractionChain &chain);
  /// An elementwise op over the integers `acc` and values by channel.
  mlir::linalg::GenericOp createEpilogue(
      ContractionChain &chain, mlir::Value acc, mlir::Type element,
      mlir::ArrayRef<mlir::Value> channelValues,
      mlir::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                     mlir::ValueRange)>
          body);
  template <typename T>
  mlir::Value channelConstant(ContractionChain &chain, mlir::StringRef kind,
                              mlir::Type element, mlir::ArrayRef<T> values);
  ChainResult getResult(const ContractionChain &chain);
  /// The f32 `value`, in steps of the result if the chain requantizes, as that
  /// and within the bounds of the chain.
  mlir::Value emitResult(mlir::Location loc, mlir::Value value,
                         const ContractionChain &chain,
                         const ChainResult &result, Rounded known);
  /// `epilogue` takes the place of the contraction and of what follows it.
  void replaceChain(ContractionChain &chain, mlir::linalg::GenericOp epilogue);
  void setQuantized(mlir::Value quantized, mlir::Value stored, bool isCentered);
  void setMultiplied(mlir::linalg::GenericOp epilogue, unsigned multiplier,
                     mlir::ArrayRef<double> factors, double largest);
  ActivationStorage storageOf(mlir::Value quantized) const {
    auto it = storages.find(quantized);
    return it == storages.end() ? storage : it->second;
  }
  StorageFormat formatOf(mlir::Value quantized, bool isCentered) {
    if (isCentered)
      return centeredFormatOf(quantized);
    auto type = mlir::cast<mlir::quant::UniformQuantizedType>(
        mlir::getElementTypeOrSelf(quantized.getType()));
    if (type.getStorageTypeIntegralWidth() == 16)
      return {rewriter.getIntegerType(16), type.isSigned(), /*offset=*/0};
    return getStorageFormat(func.getContext(), storageOf(quantized),
                            type.getStorageTypeMin());
  }
  /// For the factors of products: q - zeroPoint, or, for the first of a narrow
  /// one, u8.
  StorageFormat centeredFormatOf(mlir::Value quantized);
  mlir::Value intConstant(mlir::Location loc, int64_t value, mlir::Type type) {
    return mlir::arith::ConstantOp::create(
        rewriter, loc, rewriter.getIntegerAttr(type, value));
  }
  mlir::Value floatConstant(mlir::Location loc, double value) {
    return mlir::arith::ConstantOp::create(rewriter, loc,
                                           rewriter.getF32FloatAttr(value));
  }

  mlir::func::FuncOp func;
  mlir::IRRewriter rewriter;
  ActivationStorage storage;
  /// Of single values; all others have `storage`.
  mlir::DenseMap<mlir::Value, ActivationStorage> storages;
  Requantization requant;
  /// By the value of quantized type, or the storage result of a dynamic cast.
  mlir::DenseMap<mlir::Value, Quantized> quantizedValues;
  mlir::DenseMap<mlir::Value, Multiplied> multipliedValues;
  /// Which factor of narrow products a value is, if it is one; its readers may
  /// be gone later.
  mlir::DenseMap<mlir::Value, std::optional<unsigned>> narrowFactors;
};

template <typename T>
mlir::Value QuantizationLowering::channelConstant(ContractionChain &chain,
                                                  mlir::StringRef kind,
                                                  mlir::Type element,
                                                  mlir::ArrayRef<T> values) {
  mlir::linalg::LinalgOp op = chain.contraction.op;
  int64_t channels = values.size();
  return makeConstant(rewriter, op.getLoc(),
                      mlir::RankedTensorType::get({channels}, element),
                      (getLayerName(op) + "_" + kind).str(), asBytes(values));
}

} // namespace nnq

#endif // NNQ_LIB_LOWER_QUANTIZATIONLOWERING_H
