//===- ExpandQuantReference.cpp - Quantization by definition --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/Transforms/DialectConversion.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_EXPANDQUANTREFERENCE
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

//===----------------------------------------------------------------------===//
// Scalar arithmetic
//===----------------------------------------------------------------------===//

/// The definitions are computed in f32, or in f64 if that is the expressed
/// type.
static FloatType getComputeType(Type expressed) {
  return expressed.isF64() ? FloatType(cast<FloatType>(expressed))
                           : Float32Type::get(expressed.getContext());
}

static Value castFloat(OpBuilder &b, Location loc, Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(b, loc, type, value);
  if (from > to)
    return arith::TruncFOp::create(b, loc, type, value);
  return value;
}

static Value makeFloat(OpBuilder &b, Location loc, Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

static Value makeInt(OpBuilder &b, Location loc, Type type, int64_t value) {
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
}

/// clamp(roundeven(x / scale) + zeroPoint, min, max). `zeroPoint` is of the
/// integer type that `getWideType` gives.
static Value quantize(OpBuilder &b, Location loc, Value x, Value scale,
                      Value zeroPoint, int64_t min, int64_t max, Type storage) {
  Value q = arith::DivFOp::create(b, loc, x, scale);
  q = math::RoundEvenOp::create(b, loc, q);
  // f32 cannot hold the bounds of wide storage.
  Type type = q.getType();
  if (zeroPoint.getType().isInteger(64) && !type.isF64()) {
    type = b.getF64Type();
    q = castFloat(b, loc, q, type);
  }
  q = arith::AddFOp::create(b, loc, q,
                            arith::SIToFPOp::create(b, loc, type, zeroPoint));
  q = arith::MaxNumFOp::create(b, loc, q, makeFloat(b, loc, type, min));
  q = arith::MinNumFOp::create(b, loc, q, makeFloat(b, loc, type, max));
  q = arith::FPToSIOp::create(b, loc, zeroPoint.getType(), q);
  return arith::TruncIOp::create(b, loc, storage, q);
}

/// (q - zeroPoint) * scale
static Value dequantize(OpBuilder &b, Location loc, Value q, Value scale,
                        Value zeroPoint, bool isSigned) {
  Type wide = zeroPoint.getType();
  if (isSigned)
    q = arith::ExtSIOp::create(b, loc, wide, q);
  else
    q = arith::ExtUIOp::create(b, loc, wide, q);
  q = arith::SubIOp::create(b, loc, q, zeroPoint);
  q = arith::SIToFPOp::create(b, loc, scale.getType(), q);
  return arith::MulFOp::create(b, loc, q, scale);
}

//===----------------------------------------------------------------------===//
// Parameters of a quantized type
//===----------------------------------------------------------------------===//

/// Wide enough for q - zp.
static Type getWideType(OpBuilder &b, quant::QuantizedType type) {
  return type.getStorageTypeIntegralWidth() > 16 ? b.getI64Type()
                                                 : b.getI32Type();
}

/// Integers of fewer bits take a byte each in memory.
static Type getMemoryType(quant::QuantizedType type) {
  constexpr unsigned kByte = 8;
  if (type.getStorageTypeIntegralWidth() >= kByte)
    return type.getStorageType();
  return IntegerType::get(type.getContext(), kByte);
}

static void copyLayer(Operation *from, Operation *to) {
  if (Attribute layer = from->getAttr(kLayerAttr))
    to->setAttr(kLayerAttr, layer);
}

/// An elementwise linalg.generic of `input`; `body` gets the element and those
/// of `extra`.
static Value
mapElements(OpBuilder &b, Operation *op, Value input, Type resultElement,
            ValueRange extra, ArrayRef<AffineMap> extraMaps,
            function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(input.getType());
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, input), resultElement);
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  SmallVector<Value> inputs{input};
  SmallVector<AffineMap> maps{identity};
  llvm::append_range(inputs, extra);
  llvm::append_range(maps, extraMaps);
  maps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, TypeRange{empty.getType()}, inputs, ValueRange{empty}, maps,
      iterators, [&](OpBuilder &nested, Location at, ValueRange args) {
        linalg::YieldOp::create(nested, at, body(nested, at, args));
      });
  copyLayer(op, generic);
  return generic.getResult(0);
}

/// `body(element, scale, zero point)` for each element of `input`, whose
/// parameters are those of `type`.
static FailureOr<Value>
mapQuantized(OpBuilder &b, Operation *op, Value input,
             quant::QuantizedType type, Type resultElement,
             function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  Location loc = op->getLoc();
  auto tensorType = dyn_cast<RankedTensorType>(input.getType());
  FailureOr<QuantScales> parameters = QuantScales::get(type);
  if (failed(parameters) || (!tensorType && isa<TensorType>(input.getType())))
    return failure();

  FloatType scaleType = getComputeType(type.getExpressedType());
  Type pointType = getWideType(b, type);
  if (parameters->blocks.empty()) {
    Value scale = makeFloat(b, loc, scaleType, parameters->scales[0]);
    Value point = makeInt(b, loc, pointType, parameters->zeroPoints[0]);
    if (!tensorType)
      return body(b, loc, {input, scale, point});
    return mapElements(b, op, input, resultElement, {}, {},
                       [&](OpBuilder &nested, Location at, ValueRange args) {
                         return body(nested, at, {args[0], scale, point});
                       });
  }

  SmallVector<Attribute> scales, points;
  for (double scale : parameters->scales)
    scales.push_back(b.getFloatAttr(scaleType, scale));
  for (int64_t point : parameters->zeroPoints)
    points.push_back(b.getIntegerAttr(pointType, point));
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> position;
  for (const QuantScales::Blocks &blocks : parameters->blocks) {
    shape.push_back(blocks.count);
    position.push_back(b.getAffineDimExpr(blocks.dim).floorDiv(blocks.size));
  }
  auto constant = [&](Type element, ArrayRef<Attribute> values) -> Value {
    auto shaped = RankedTensorType::get(shape, element);
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(shaped, values));
  };
  AffineMap map =
      AffineMap::get(tensorType.getRank(), 0, position, b.getContext());
  return mapElements(b, op, input, resultElement,
                     {constant(scaleType, scales), constant(pointType, points)},
                     {map, map}, body);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {
class StorageTypeConverter : public TypeConverter {
public:
  StorageTypeConverter() {
    addConversion([](Type type) { return type; });
    addConversion(
        [](quant::QuantizedType type) { return getMemoryType(type); });
    addConversion([](ShapedType type) -> std::optional<Type> {
      if (auto element = dyn_cast<quant::QuantizedType>(type.getElementType()))
        return type.clone(getMemoryType(element));
      return std::nullopt;
    });
  }
};

struct ExpandQuantize : public OpConversionPattern<quant::QuantizeCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(quant::QuantizeCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<quant::QuantizedType>(
        getElementTypeOrSelf(op.getResult().getType()));
    Type storage = getMemoryType(type);
    Type compute = getComputeType(type.getExpressedType());
    FailureOr<Value> result = mapQuantized(
        rewriter, op, adaptor.getInput(), type, storage,
        [&](OpBuilder &b, Location loc, ValueRange args) {
          return quantize(b, loc, castFloat(b, loc, args[0], compute), args[1],
                          args[2], type.getStorageTypeMin(),
                          type.getStorageTypeMax(), storage);
        });
    if (failed(result))
      return rewriter.notifyMatchFailure(op, "type has no scale");
    rewriter.replaceOp(op, *result);
    return success();
  }
};

struct ExpandDequantize : public OpConversionPattern<quant::DequantizeCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(quant::DequantizeCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<quant::QuantizedType>(
        getElementTypeOrSelf(op.getInput().getType()));
    Type expressed = getElementTypeOrSelf(op.getResult().getType());
    FailureOr<Value> result =
        mapQuantized(rewriter, op, adaptor.getInput(), type, expressed,
                     [&](OpBuilder &b, Location loc, ValueRange args) {
                       Value x = dequantize(b, loc, args[0], args[1], args[2],
                                            type.isSigned());
                       return castFloat(b, loc, x, expressed);
                     });
    if (failed(result))
      return rewriter.notifyMatchFailure(op, "type has no scale");
    rewriter.replaceOp(op, *result);
    return success();
  }
};

struct DropStorageCast : public OpConversionPattern<quant::StorageCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(quant::StorageCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value input = adaptor.getInput();
    Type element = getElementTypeOrSelf(input.getType());
    if (element.isInteger() && element.getIntOrFloatBitWidth() < 8) {
      FailureOr<ConstantData> data = ConstantData::getWidened(op.getInput());
      if (failed(data))
        return rewriter.notifyMatchFailure(op, "no constant of 4 bits");
      input = makeConstant(rewriter, op.getLoc(), data->getType(), "weights_i8",
                           data->getBytes());
    }
    rewriter.replaceOp(op, input);
    return success();
  }
};

/// `body(element, scale, zero point)` for each element of `input`, whose
/// parameters are two numbers, or two tensors of those of the rows.
static Value
mapDynamic(OpBuilder &b, Operation *op, Value input, Value scale,
           Value zeroPoint, Type resultElement,
           function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  if (!isa<ShapedType>(scale.getType()))
    return mapElements(b, op, input, resultElement, {}, {},
                       [&](OpBuilder &nested, Location at, ValueRange args) {
                         return body(nested, at, {args[0], scale, zeroPoint});
                       });
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  AffineMap rows = b.getMultiDimIdentityMap(rank).getSliceMap(0, rank - 1);
  return mapElements(b, op, input, resultElement, {scale, zeroPoint},
                     {rows, rows}, body);
}

struct ExpandDynamicQuantize : public OpConversionPattern<DynamicQCastOp> {
  using OpConversionPattern::OpConversionPattern;

  /// Smallest or largest element of `input`, or of each row, and zero.
  template <typename Op>
  static Value reduce(OpBuilder &b, DynamicQCastOp op, Value input) {
    Location loc = op.getLoc();
    int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
    unsigned kept = op.isPerRow() ? rank - 1 : 0;
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, input);
    sizes.resize(kept);
    Value init =
        linalg::FillOp::create(
            b, loc, makeFloat(b, loc, b.getF32Type(), 0),
            Value(tensor::EmptyOp::create(b, loc, sizes, b.getF32Type())))
            .getResult(0);
    AffineMap all = b.getMultiDimIdentityMap(rank);
    SmallVector<AffineMap> maps{all, all.getSliceMap(0, kept)};
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::reduction);
    std::fill_n(iterators.begin(), kept, utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        b, loc, TypeRange{init.getType()}, ValueRange{input}, ValueRange{init},
        maps, iterators, [](OpBuilder &nested, Location at, ValueRange args) {
          Value next = Op::create(nested, at, args[0], args[1]);
          linalg::YieldOp::create(nested, at, next);
        });
    if (op.isPerRow())
      return generic.getResult(0);
    return tensor::ExtractOp::create(b, loc, generic.getResult(0),
                                     ValueRange{});
  }

  static Value findScale(OpBuilder &b, Location loc, Value min, Value max,
                         bool symmetric) {
    Type f32 = b.getF32Type();
    Value zero = makeFloat(b, loc, f32, 0);
    Value range;
    if (symmetric)
      range = arith::MaximumFOp::create(
          b, loc, max, arith::SubFOp::create(b, loc, zero, min));
    else
      range = arith::SubFOp::create(b, loc, max, min);
    Value scale = arith::DivFOp::create(
        b, loc, range, makeFloat(b, loc, f32, symmetric ? 127 : 255));
    Value isZero =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, scale, zero);
    return arith::SelectOp::create(b, loc, isZero, makeFloat(b, loc, f32, 1),
                                   scale);
  }

  static Value findZeroPoint(OpBuilder &b, Location loc, Value min, Value scale,
                             bool symmetric) {
    if (symmetric)
      return makeInt(b, loc, b.getI32Type(), 0);
    Type f32 = b.getF32Type();
    Value x = arith::SubFOp::create(b, loc, makeFloat(b, loc, f32, 0), min);
    x = arith::DivFOp::create(b, loc, x, scale);
    x = math::RoundEvenOp::create(b, loc, x);
    x = arith::MaxNumFOp::create(b, loc, x, makeFloat(b, loc, f32, 0));
    x = arith::MinNumFOp::create(b, loc, x, makeFloat(b, loc, f32, 255));
    return arith::FPToSIOp::create(b, loc, b.getI32Type(), x);
  }

  LogicalResult matchAndRewrite(DynamicQCastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Value input = adaptor.getInput();
    if (!isa<RankedTensorType>(input.getType()))
      return b.notifyMatchFailure(op, "unranked tensor");
    bool symmetric = op.getSymmetric();
    using Body = Value(OpBuilder &, Location, Value, Value, bool);
    auto mapRows = [&](Value x, Value y, Type element, Body *body) {
      if (!op.isPerRow())
        return body(b, loc, x, y, symmetric);
      AffineMap map = b.getMultiDimIdentityMap(
          cast<RankedTensorType>(x.getType()).getRank());
      return mapElements(b, op, x, element, y, map,
                         [&](OpBuilder &nested, Location at, ValueRange args) {
                           return body(nested, at, args[0], args[1], symmetric);
                         });
    };
    Value min = reduce<arith::MinNumFOp>(b, op, input);
    Value max = reduce<arith::MaxNumFOp>(b, op, input);
    Value scale = mapRows(min, max, b.getF32Type(), findScale);
    Value point = mapRows(min, scale, b.getI32Type(), findZeroPoint);
    int64_t low = symmetric ? -127 : 0;
    int64_t high = symmetric ? 127 : 255;
    Value q =
        mapDynamic(b, op, input, scale, point, b.getI8Type(),
                   [&](OpBuilder &nested, Location at, ValueRange args) {
                     return quantize(nested, at, args[0], args[1], args[2], low,
                                     high, nested.getI8Type());
                   });
    b.replaceOp(op, {q, scale, point});
    return success();
  }
};

struct ExpandDynamicDequantize : public OpConversionPattern<DynamicDCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(DynamicDCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(adaptor.getInput().getType()))
      return rewriter.notifyMatchFailure(op, "unranked tensor");
    rewriter.replaceOp(
        op, mapDynamic(rewriter, op, adaptor.getInput(), adaptor.getScale(),
                       adaptor.getZeroPoint(), rewriter.getF32Type(),
                       [&](OpBuilder &b, Location loc, ValueRange args) {
                         return dequantize(b, loc, args[0], args[1], args[2],
                                           op.getSymmetric());
                       }));
    return success();
  }
};

/// Any other op keeps its meaning on storage types: it only moves elements.
struct RetypeOp : public ConversionPattern {
  RetypeOp(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), 0, context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (isa<FunctionOpInterface>(op) ||
        isa<NNQDialect, quant::QuantDialect>(op->getDialect()))
      return failure();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types,
                         op->getAttrs(), op->getSuccessors());
    for (size_t i = 0, e = op->getNumRegions(); i < e; ++i)
      state.addRegion();
    Operation *retyped = rewriter.create(state);
    for (auto [from, to] : llvm::zip(op->getRegions(), retyped->getRegions())) {
      rewriter.inlineRegionBefore(from, to, to.end());
      if (failed(rewriter.convertRegionTypes(&to, *getTypeConverter())))
        return failure();
    }
    rewriter.replaceOp(op, retyped->getResults());
    return success();
  }
};

struct ExpandQuantReference
    : public nnq::impl::ExpandQuantReferenceBase<ExpandQuantReference> {
  using ExpandQuantReferenceBase::ExpandQuantReferenceBase;

  void runOnOperation() override {
    StorageTypeConverter converter;
    ConversionTarget target(getContext());
    auto isExpanded = [&](Operation *op) {
      if (isa<quant::QuantDialect>(op->getDialect()) ||
          isa<DynamicQCastOp, DynamicDCastOp>(op))
        return false;
      if (auto function = dyn_cast<FunctionOpInterface>(op))
        return converter.isLegal(function.getArgumentTypes()) &&
               converter.isLegal(function.getResultTypes());
      return converter.isLegal(op) &&
             llvm::all_of(op->getRegions(), [&](Region &region) {
               return converter.isLegal(&region);
             });
    };
    target.markUnknownOpDynamicallyLegal(isExpanded);
    getOperation()->walk([&](Operation *op) {
      if (isExpanded(op))
        return;
      if (isa<quant::QuantDialect, NNQDialect>(op->getDialect()))
        ++numCasts;
      else
        ++numRetyped;
    });

    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandQuantize, ExpandDequantize, DropStorageCast,
                 ExpandDynamicQuantize, ExpandDynamicDequantize, RetypeOp>(
        converter, &getContext());
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   converter);
    // The folder of quant.dcast cancels a quantize-dequantize pair, rounding
    // and all.
    ConversionConfig config;
    config.foldingMode = DialectConversionFoldingMode::Never;
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns),
                                   config)))
      return signalPassFailure();
    // Nothing lowers those of 4 bits, which were widened.
    getOperation()->walk([](arith::ConstantOp op) {
      if (op->use_empty())
        op->erase();
    });
  }
};
} // namespace
