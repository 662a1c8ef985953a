//===- HoistMaxPool.cpp - Pools in front of epilogues ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Lower/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_HOISTMAXPOOL
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// What is known of a scalar as a function of the accumulator.
struct Behaviour {
  enum Kind { Unknown, Independent, NonDecreasing } kind = Unknown;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

class MonotoneAnalysis {
public:
  MonotoneAnalysis(linalg::GenericOp op, BlockArgument accumulator,
                   bool unsignedResult)
      : op(op), accumulator(accumulator), unsignedResult(unsignedResult) {}

  Behaviour visit(Value value);

private:
  Behaviour visitArgument(BlockArgument arg);
  Behaviour visitSelect(arith::SelectOp select);

  linalg::GenericOp op;
  BlockArgument accumulator;
  bool unsignedResult;
};

} // namespace

static double toDouble(const APFloat &value) {
  APFloat copy = value;
  bool losesInfo;
  copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return copy.convertToDouble();
}

Behaviour MonotoneAnalysis::visitArgument(BlockArgument arg) {
  if (arg == accumulator)
    return {Behaviour::NonDecreasing};
  Behaviour result{Behaviour::Independent};
  if (arg.getOwner() != op.getBlock() || !arg.getType().isF32())
    return result;
  OpOperand &operand = op->getOpOperand(arg.getArgNumber());
  FailureOr<ConstantData> data = ConstantData::get(operand.get());
  if (failed(data) || data->getNumElements() == 0)
    return result;
  ArrayRef<float> values = data->getAs<float>();
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  result.low = *low;
  result.high = *high;
  return result;
}

/// A select that is a bound: a > b ? a : b or a < b ? a : b.
Behaviour MonotoneAnalysis::visitSelect(arith::SelectOp select) {
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare || compare.getLhs() != select.getTrueValue() ||
      compare.getRhs() != select.getFalseValue())
    return {};
  Behaviour a = visit(compare.getLhs()), b = visit(compare.getRhs());
  if (a.kind == Behaviour::Unknown || b.kind == Behaviour::Unknown)
    return {};
  switch (compare.getPredicate()) {
  case arith::CmpFPredicate::OGT:
  case arith::CmpFPredicate::OGE:
    return {Behaviour::NonDecreasing, std::max(a.low, b.low),
            std::max(a.high, b.high)};
  case arith::CmpFPredicate::OLT:
  case arith::CmpFPredicate::OLE:
    return {Behaviour::NonDecreasing, std::min(a.low, b.low),
            std::min(a.high, b.high)};
  default:
    return {};
  }
}

Behaviour MonotoneAnalysis::visit(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value))
    return visitArgument(arg);
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return {Behaviour::Independent, toDouble(number), toDouble(number)};
  APInt integer;
  if (matchPattern(value, m_ConstantInt(&integer))) {
    double known = integer.getSExtValue();
    return {Behaviour::Independent, known, known};
  }
  Operation *def = value.getDefiningOp();
  if (def->getBlock() != op.getBlock())
    return {Behaviour::Independent};
  if (auto select = dyn_cast<arith::SelectOp>(def))
    return visitSelect(select);

  SmallVector<Behaviour> in;
  for (Value operand : def->getOperands())
    in.push_back(visit(operand));
  if (llvm::any_of(
          in, [](const Behaviour &b) { return b.kind == Behaviour::Unknown; }))
    return {};
  if (llvm::all_of(in, [](const Behaviour &b) {
        return b.kind == Behaviour::Independent;
      }))
    return {Behaviour::Independent};

  if (isa<arith::AddIOp, arith::AddFOp>(def))
    return {Behaviour::NonDecreasing, in[0].low + in[1].low,
            in[0].high + in[1].high};
  if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(def))
    return {Behaviour::NonDecreasing, std::max(in[0].low, in[1].low),
            std::max(in[0].high, in[1].high)};
  if (isa<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(def))
    return {Behaviour::NonDecreasing, std::min(in[0].low, in[1].low),
            std::min(in[0].high, in[1].high)};
  if (isa<arith::MulFOp>(def)) {
    Behaviour &factor = in[in[0].kind == Behaviour::Independent ? 0 : 1];
    if (factor.kind == Behaviour::Independent && factor.low >= 0)
      return {Behaviour::NonDecreasing};
    return {};
  }
  if (isa<arith::DivFOp>(def))
    return in[1].kind == Behaviour::Independent && in[1].low > 0
               ? Behaviour{Behaviour::NonDecreasing}
               : Behaviour{};
  if (isa<math::RoundEvenOp, arith::SIToFPOp, arith::FPToSIOp, arith::ExtSIOp>(
          def))
    return in[0];
  if (isa<arith::TruncIOp>(def)) {
    unsigned width = def->getResult(0).getType().getIntOrFloatBitWidth();
    double low = unsignedResult ? 0.0 : -std::ldexp(1.0, width - 1);
    double high = std::ldexp(1.0, unsignedResult ? width : width - 1) - 1;
    return in[0].low >= low && in[0].high <= high ? in[0] : Behaviour{};
  }
  return {};
}

/// True if the windows of `pool` are disjoint and its dimension i is pooled
/// from dimension i of its input. Fills `pooled`.
static bool hasDisjointWindows(linalg::GenericOp pool,
                               SmallVectorImpl<bool> &pooled) {
  AffineMap in = pool.getIndexingMapsArray().front();
  AffineMap out = pool.getIndexingMapsArray().back();
  if (in.getNumResults() != out.getNumResults())
    return false;
  SmallVector<int64_t> ranges = pool.getStaticLoopRanges();
  for (unsigned i = 0; i < in.getNumResults(); ++i) {
    AffineExpr expr = in.getResult(i), dim = out.getResult(i);
    pooled.push_back(expr != dim);
    if (expr == dim)
      continue;
    // d * stride + window, the window no longer than the stride.
    auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!sum || sum.getKind() != AffineExprKind::Add)
      return false;
    auto window = dyn_cast<AffineDimExpr>(sum.getRHS());
    auto scaled = dyn_cast<AffineBinaryOpExpr>(sum.getLHS());
    if (!window || !scaled || scaled.getKind() != AffineExprKind::Mul ||
        scaled.getLHS() != dim)
      return false;
    auto stride = dyn_cast<AffineConstantExpr>(scaled.getRHS());
    if (!stride || ranges[window.getPosition()] > stride.getValue())
      return false;
  }
  return true;
}

static TypedAttr lowestAttr(Builder &builder, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return builder.getFloatAttr(
        type,
        APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/true));
  return builder.getIntegerAttr(
      type, APInt::getSignedMinValue(type.getIntOrFloatBitWidth()));
}

namespace {
struct HoistMaxPoolPattern : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp pool,
                                PatternRewriter &rewriter) const override {
    if (!isMaxReduction(pool))
      return rewriter.notifyMatchFailure(pool, "not a max reduction");
    bool isUnsigned = isa<arith::MaxUIOp>(
        pool.getBlock()->getTerminator()->getOperand(0).getDefiningOp());
    Value start = getFillValue(pool.getDpsInitOperand(0)->get());
    if (!start || !isLowestValue(start, isUnsigned))
      return rewriter.notifyMatchFailure(pool, "starts above the lowest value");
    auto epilogue = pool.getInputs()[0].getDefiningOp<linalg::GenericOp>();
    if (!epilogue || epilogue.getNumReductionLoops() != 0 ||
        !epilogue->hasOneUse() || epilogue.getNumDpsInits() != 1 ||
        !epilogue.getIndexingMapsArray().back().isIdentity())
      return rewriter.notifyMatchFailure(pool, "no epilogue in front");
    OpOperand *source = nullptr;
    for (OpOperand *operand : epilogue.getDpsInputOperands())
      if (Operation *producer = operand->get().getDefiningOp();
          producer && producer->hasOneUse() &&
          succeeded(Contraction::match(producer)))
        source = operand;
    if (!source || !epilogue.getMatchingIndexingMap(source).isIdentity())
      return rewriter.notifyMatchFailure(pool, "no contraction behind it");

    SmallVector<bool> pooled;
    if (!hasDisjointWindows(pool, pooled))
      return rewriter.notifyMatchFailure(pool, "windows overlap");
    for (OpOperand *operand : epilogue.getDpsInputOperands()) {
      if (operand == source)
        continue;
      AffineMap map = epilogue.getMatchingIndexingMap(operand);
      for (auto [dim, isPooled] : llvm::enumerate(pooled))
        if (isPooled && map.isFunctionOfDim(dim))
          return rewriter.notifyMatchFailure(
              pool, "another operand of the epilogue varies in a window");
    }
    MonotoneAnalysis analysis(
        epilogue, epilogue.getMatchingBlockArgument(source), isUnsigned);
    if (analysis.visit(epilogue.getBlock()->getTerminator()->getOperand(0))
            .kind != Behaviour::NonDecreasing)
      return rewriter.notifyMatchFailure(pool, "epilogue is not monotone");

    Location loc = pool.getLoc();
    auto poolType = cast<RankedTensorType>(pool.getResult(0).getType());
    Type accType = getElementTypeOrSelf(source->get().getType());
    Value lowest =
        arith::ConstantOp::create(rewriter, loc, lowestAttr(rewriter, accType));
    Value empty =
        tensor::EmptyOp::create(rewriter, loc, poolType.getShape(), accType);
    Value init =
        linalg::FillOp::create(rewriter, loc, lowest, empty).getResult(0);
    SmallVector<Value> poolInputs(pool.getInputs());
    poolInputs[0] = source->get();
    auto hoisted = linalg::GenericOp::create(
        rewriter, loc, poolType.clone(accType), poolInputs, init,
        pool.getIndexingMapsArray(), pool.getIteratorTypesArray(),
        [&](OpBuilder &nested, Location at, ValueRange args) {
          Value a = args.front(), b = args.back();
          Value max = isa<FloatType>(accType)
                          ? Value(arith::MaximumFOp::create(nested, at, a, b))
                          : Value(arith::MaxSIOp::create(nested, at, a, b));
          linalg::YieldOp::create(nested, at, max);
        });
    if (Attribute layer = pool->getAttr(kLayerAttr))
      hoisted->setAttr(kLayerAttr, layer);

    SmallVector<Value> inputs(epilogue.getInputs());
    inputs[source->getOperandNumber()] = hoisted.getResult(0);
    Value out = tensor::EmptyOp::create(rewriter, loc, poolType.getShape(),
                                        poolType.getElementType());
    auto moved = linalg::GenericOp::create(
        rewriter, epilogue.getLoc(), poolType, inputs, out,
        epilogue.getIndexingMapsArray(), epilogue.getIteratorTypesArray());
    if (Attribute layer = epilogue->getAttr(kLayerAttr))
      moved->setAttr(kLayerAttr, layer);
    rewriter.cloneRegionBefore(epilogue.getRegion(), moved.getRegion(),
                               moved.getRegion().begin());
    rewriter.replaceOp(pool, moved.getResults());
    rewriter.eraseOp(epilogue);
    return success();
  }
};

struct HoistMaxPool : public nnq::impl::HoistMaxPoolBase<HoistMaxPool> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateHoistMaxPoolPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

void nnq::populateHoistMaxPoolPatterns(RewritePatternSet &patterns) {
  patterns.add<HoistMaxPoolPattern>(patterns.getContext());
}
