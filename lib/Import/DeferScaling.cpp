//===- DeferScaling.cpp - Scale rows behind the products ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace nnq {
#define GEN_PASS_DEF_DEFERSCALING
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// `values`, each row of the last dimension of which is divided by, or times,
/// one of `factors`.
struct ScaledRows {
  linalg::GenericOp op;
  Value values, factors;

  static FailureOr<ScaledRows> match(Value result);
};

} // namespace

FailureOr<ScaledRows> ScaledRows::match(Value result) {
  auto op = result.getDefiningOp<linalg::GenericOp>();
  if (!op || !result.hasOneUse() || op.getNumReductionLoops() != 0 ||
      op.getNumDpsInputs() != 2 || op.getNumResults() != 1 ||
      op.getNumLoops() < 2)
    return failure();
  MLIRContext *context = op.getContext();
  AffineMap all = AffineMap::getMultiDimIdentityMap(op.getNumLoops(), context);
  AffineMap rows = all.getMajorSubMap(op.getNumLoops() - 1);
  if (op.getIndexingMapsArray() != ArrayRef({all, rows, all}))
    return failure();
  Block *body = op.getBlock();
  Operation *inner = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::DivFOp, arith::MulFOp>(inner) ||
      inner->getOperands() != body->getArguments().drop_back())
    return failure();
  return ScaledRows{op, op.getInputs()[0], op.getInputs()[1]};
}

/// What a reshape does to all dimensions but the last, which it leaves alone.
static std::optional<SmallVector<ReassociationIndices>>
getRowReassociation(tensor::CollapseShapeOp reshape) {
  SmallVector<ReassociationIndices> groups = reshape.getReassociationIndices();
  if (groups.size() < 2 || groups.back().size() != 1)
    return std::nullopt;
  groups.pop_back();
  return groups;
}

/// Moves the factors of rows of `op`'s first operand to its result, if it has
/// any.
static bool deferScaling(RewriterBase &rewriter, linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() != 1 ||
      !isZeroFill(op.getDpsInitOperand(0)->get()))
    return false;
  OpOperand *operand = op.getDpsInputOperand(0);
  auto reshape = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
  std::optional<SmallVector<ReassociationIndices>> groups;
  if (reshape) {
    groups = getRowReassociation(reshape);
    if (!groups || !reshape->hasOneUse())
      return false;
  }
  FailureOr<ScaledRows> rows =
      ScaledRows::match(reshape ? reshape.getSrc() : operand->get());
  if (failed(rows))
    return false;

  AffineMap map = op.getMatchingIndexingMap(operand);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!map.isProjectedPermutation() || !out.isProjectedPermutation() ||
      out.isFunctionOfDim(map.getDimPosition(map.getNumResults() - 1)))
    return false;
  SmallVector<AffineExpr> factorExprs;
  for (AffineExpr loop : map.getResults().drop_back()) {
    std::optional<unsigned> dim = out.getResultPosition(loop);
    if (!dim)
      return false;
    factorExprs.push_back(rewriter.getAffineDimExpr(*dim));
  }
  Value result = op->getResult(0);
  auto type = cast<RankedTensorType>(result.getType());
  auto rowsType = cast<RankedTensorType>(operand->get().getType());
  // Rows of the result that are longer would take more multiplications.
  int64_t length = 1;
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (!map.isFunctionOfDim(out.getDimPosition(i)))
      length *= ShapedType::isDynamic(size) ? 1 : size;
  if (length > rowsType.getShape().back())
    return false;

  Location loc = rows->op.getLoc();
  Value values = rows->values, factors = rows->factors;
  rewriter.setInsertionPoint(op);
  if (reshape) {
    values = tensor::CollapseShapeOp::create(rewriter, loc, rowsType, values,
                                             reshape.getReassociationIndices());
    factors = tensor::CollapseShapeOp::create(rewriter, loc, factors, *groups);
  }
  rewriter.modifyOpInPlace(op, [&] { operand->set(values); });
  rewriter.setInsertionPointAfter(op);
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  Value empty = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, op.getDpsInits()[0]),
      type.getElementType());
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  auto scaled = linalg::GenericOp::create(
      rewriter, loc, type, ValueRange{result, factors}, empty,
      ArrayRef{
          identity,
          AffineMap::get(type.getRank(), 0, factorExprs, rewriter.getContext()),
          identity},
      parallel);
  scaled->setDiscardableAttrs(rows->op->getDiscardableAttrDictionary());
  rewriter.cloneRegionBefore(rows->op.getRegion(), scaled.getRegion(),
                             scaled.getRegion().begin());
  rewriter.replaceAllUsesExcept(result, scaled.getResult(0), scaled);
  if (reshape)
    rewriter.eraseOp(reshape);
  rewriter.eraseOp(rows->op);
  return true;
}

namespace {
struct DeferScaling : public nnq::impl::DeferScalingBase<DeferScaling> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> products;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isActivationProduct(op))
        products.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : products)
      deferred += deferScaling(rewriter, op);
  }
};
} // namespace
