//===- FoldConstantLayout.cpp - Evaluate layout ops of constants ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_FOLDCONSTANTLAYOUT
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The same bytes under another shape, or null. Resources are shared.
static Value reshapeConstant(OpBuilder &builder, Value source,
                             ShapedType type) {
  Attribute attr;
  if (!matchPattern(source, m_Constant(&attr)))
    return {};
  TypedAttr result;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    result = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  else if (auto dense = dyn_cast<DenseElementsAttr>(attr))
    result = dense.reshape(type);
  else
    return {};
  return arith::ConstantOp::create(builder, source.getLoc(), result);
}

/// Name under which the transposed bytes are stored.
static StringRef getResourceName(Value source) {
  DenseResourceElementsAttr resource;
  if (matchPattern(source, m_Constant(&resource)))
    return resource.getRawHandle().getKey();
  return "weights";
}

namespace {

template <typename ReshapeOp>
struct FoldReshape : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().hasStaticShape())
      return rewriter.notifyMatchFailure(op, "dynamic shape");
    Value constant = reshapeConstant(rewriter, op.getSrc(), op.getType());
    if (!constant)
      return rewriter.notifyMatchFailure(op, "source is no constant");
    rewriter.replaceOp(op, constant);
    return success();
  }
};

struct FoldTranspose : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<SmallVector<int64_t>> permutation = getPermutation(op);
    if (!permutation || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "no transpose of a tensor");

    Value source = op.getDpsInputOperand(0)->get();
    FailureOr<ConstantData> data = ConstantData::get(source);
    if (failed(data))
      return rewriter.notifyMatchFailure(op, "source is no constant");
    auto type = cast<ShapedType>(op->getResult(0).getType());
    unsigned width = type.getElementTypeBitWidth() / 8;
    std::vector<char> bytes =
        transposeBytes(data->getBytes(), data->getShape(), *permutation, width);
    rewriter.replaceOp(op, makeConstant(rewriter, source.getLoc(), type,
                                        getResourceName(source), bytes));
    return success();
  }
};

/// tensor<1x6x1x1> under (d0, d1, d2, d3) -> (0, d1, 0, 0) is tensor<6> under
/// (d0, d1, d2, d3) -> (d1).
struct DropUnitDimsOfConstant : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    // The result alone must give the loop bounds, whatever inputs lose.
    if (!op.hasPureTensorSemantics() || !linalg::isElementwise(op))
      return rewriter.notifyMatchFailure(op, "not elementwise");
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    bool changed = false;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand->get().getType());
      if (!type || !type.hasStaticShape() || type.getRank() < 2)
        continue;
      AffineMap &map = maps[operand->getOperandNumber()];
      SmallVector<int64_t> shape;
      SmallVector<AffineExpr> exprs;
      for (auto [size, expr] : llvm::zip(type.getShape(), map.getResults())) {
        if (size == 1)
          continue;
        shape.push_back(size);
        exprs.push_back(expr);
      }
      if (static_cast<int64_t>(shape.size()) == type.getRank())
        continue;
      Value constant =
          reshapeConstant(rewriter, operand->get(), type.clone(shape));
      if (!constant)
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand->set(constant); });
      map = AffineMap::get(map.getNumDims(), 0, exprs, op.getContext());
      changed = true;
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "no unit dimension to drop");
    rewriter.modifyOpInPlace(op, [&] {
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

struct FoldConstantLayout
    : public nnq::impl::FoldConstantLayoutBase<FoldConstantLayout> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateFoldConstantLayoutPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateFoldConstantLayoutPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldReshape<tensor::ExpandShapeOp>,
               FoldReshape<tensor::CollapseShapeOp>, FoldTranspose,
               DropUnitDimsOfConstant>(patterns.getContext());
}
