//===- SplitBias.cpp - Convolutions and contractions start from zero ------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_SPLITBIAS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// A fill of the type of `value` with zeros.
static Value createZeros(OpBuilder &builder, Location loc, Value value) {
  Type element = getElementTypeOrSelf(value);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, value), element);
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

/// sum + addend, where the latter is repeated along the dimensions `added`.
static linalg::GenericOp createAdd(OpBuilder &builder, Location loc, Value sum,
                                   Value addend, ArrayRef<int64_t> added) {
  auto type = cast<RankedTensorType>(sum.getType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (!llvm::is_contained(added, i))
      exprs.push_back(builder.getAffineDimExpr(i));
  AffineMap map =
      AffineMap::get(type.getRank(), 0, exprs, builder.getContext());
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, sum),
      type.getElementType());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, type, ValueRange{sum, addend}, empty,
      ArrayRef<AffineMap>{identity, map, identity}, iterators,
      [](OpBuilder &b, Location loc, ValueRange args) {
        Value result;
        if (isa<FloatType>(args[0].getType()))
          result = arith::AddFOp::create(b, loc, args[0], args[1]);
        else
          result = arith::AddIOp::create(b, loc, args[0], args[1]);
        linalg::YieldOp::create(b, loc, result);
      });
}

namespace {

struct SplitInit : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !isMultiplyAccumulate(op))
      return rewriter.notifyMatchFailure(op, "no multiply-accumulate");
    OpOperand *init = op.getDpsInitOperand(0);
    if (isZeroFill(init->get()))
      return rewriter.notifyMatchFailure(op, "starts from zero");

    Location loc = op.getLoc();
    Value addend = init->get();
    Value result = op->getResult(0);
    SmallVector<int64_t> added;
    // A convolution over groups has its bias, like its result, in a shape that
    // splits the channels: add where they are one dimension.
    auto collapse =
        result.hasOneUse()
            ? dyn_cast<tensor::CollapseShapeOp>(*result.user_begin())
            : nullptr;
    auto expand = addend.getDefiningOp<tensor::ExpandShapeOp>();
    if (collapse && expand &&
        collapse.getReassociationIndices() ==
            expand.getReassociationIndices() &&
        collapse.getType() == expand.getSrcType()) {
      addend = expand.getSrc();
      result = collapse.getResult();
    }
    bool isZero = matchPattern(addend, m_AnyZeroFloat()) ||
                  matchPattern(addend, m_Zero()) || isZeroFill(addend);
    if (std::optional<Broadcast> broadcast = matchBroadcast(addend)) {
      addend = broadcast->source;
      added = broadcast->added;
    }

    Value zeros = createZeros(rewriter, loc, init->get());
    rewriter.modifyOpInPlace(op, [&] { init->set(zeros); });
    if (isZero)
      return success();
    rewriter.setInsertionPointAfterValue(result);
    linalg::GenericOp add = createAdd(rewriter, loc, result, addend, added);
    if (auto layer = op->getAttrOfType<StringAttr>(kLayerAttr))
      add->setAttr(kLayerAttr,
                   rewriter.getStringAttr(layer.getValue() + ".bias"));
    // Sizes of the sum are read from the result as well.
    rewriter.replaceUsesWithIf(result, add.getResult(0), [&](OpOperand &use) {
      return use.getOwner() != add && !isa<tensor::DimOp>(use.getOwner());
    });
    return success();
  }
};

struct SplitBias : public nnq::impl::SplitBiasBase<SplitBias> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateSplitBiasPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateSplitBiasPatterns(RewritePatternSet &patterns) {
  patterns.add<SplitInit>(patterns.getContext());
}
