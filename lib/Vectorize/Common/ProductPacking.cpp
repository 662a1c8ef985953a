//===- ProductPacking.cpp - Activations in the order of a kernel ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ProductPacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

/// `value` with zeros behind dimension `dim` up to a multiple of `multiple`.
static Value padDim(RewriterBase &rewriter, Location loc, Value value,
                    int64_t dim, int64_t multiple) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t missing =
      llvm::alignTo(type.getDimSize(dim), multiple) - type.getDimSize(dim);
  if (missing == 0)
    return value;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] += missing;
  SmallVector<OpFoldResult> low(type.getRank(), rewriter.getIndexAttr(0)),
      high(low);
  high[dim] = rewriter.getIndexAttr(missing);
  Value zero = arith::ConstantOp::create(
      rewriter, loc, rewriter.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(rewriter, loc, type.clone(shape), value, low,
                               high, zero);
}

void nnq::packProduct(RewriterBase &rewriter, const ActivationProduct &product,
                      KernelAttr kernel) {
  linalg::LinalgOp structured = product.op;
  auto op = cast<linalg::GenericOp>(structured.getOperation());
  MLIRContext *context = op.getContext();
  Location loc = op.getLoc();
  int64_t lanes = kernel.getLanes(), group = kernel.getGroup();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  rewriter.setInsertionPoint(op);
  Value x = op.getInputs()[0], y = op.getInputs()[1];
  AffineExpr lane = getAffineDimExpr(product.lane, context),
             reduction = getAffineDimExpr(product.reduction, context);
  x = padDim(rewriter, loc, x, *maps[0].getResultPosition(reduction), group);
  y = padDim(rewriter, loc, y, *maps[1].getResultPosition(reduction), group);
  y = padDim(rewriter, loc, y, *maps[1].getResultPosition(lane), lanes);

  // The copy: loops over the batch, blocks, groups, lanes, and within a group.
  auto type = cast<RankedTensorType>(y.getType());
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> from(maps[1].getResults()), batch;
  for (unsigned loop = 0; loop < product.lane; ++loop) {
    AffineExpr expr = getAffineDimExpr(loop, context);
    std::optional<unsigned> dim = maps[1].getResultPosition(expr);
    if (!dim)
      continue;
    from[*dim] = getAffineDimExpr(batch.size(), context);
    batch.push_back(expr);
    shape.push_back(type.getDimSize(*dim));
  }
  unsigned rank = batch.size();
  auto dim = [&](unsigned i) { return getAffineDimExpr(rank + i, context); };
  unsigned laneDim = *maps[1].getResultPosition(lane),
           reductionDim = *maps[1].getResultPosition(reduction);
  from[laneDim] = dim(0) * lanes + dim(2);
  from[reductionDim] = dim(1) * group + dim(3);
  shape.append({type.getDimSize(laneDim) / lanes,
                type.getDimSize(reductionDim) / group, lanes, group});
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, shape, type.getElementType());
  SmallVector<utils::IteratorType> parallel(shape.size(),
                                            utils::IteratorType::parallel);
  auto copy = linalg::GenericOp::create(
      rewriter, loc, empty.getType(), y, empty,
      ArrayRef{AffineMap::get(shape.size(), 0, from, context),
               rewriter.getMultiDimIdentityMap(shape.size())},
      parallel, [](OpBuilder &nested, Location at, ValueRange args) {
        linalg::YieldOp::create(nested, at, args.front());
      });
  if (Attribute layer = op->getAttr(kLayerAttr))
    copy->setAttr(kLayerAttr, layer);

  // The product: the loop over the reduction becomes one over groups and one
  // within a group.
  unsigned numLoops = op.getNumLoops() + 1;
  AffineExpr element = getAffineDimExpr(product.reduction + 1, context);
  SmallVector<AffineExpr> xExprs(maps[0].getResults());
  xExprs[*maps[0].getResultPosition(reduction)] = reduction * group + element;
  batch.append({lane.floorDiv(lanes), reduction, lane % lanes, element});
  SmallVector<AffineMap> packedMaps{
      AffineMap::get(numLoops, 0, xExprs, context),
      AffineMap::get(numLoops, 0, batch, context),
      AffineMap::getMultiDimIdentityMap(numLoops, context)
          .getMajorSubMap(product.lane + 1)};
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators.push_back(utils::IteratorType::reduction);
  auto packed = linalg::GenericOp::create(
      rewriter, loc, op.getResultTypes(), ValueRange{x, copy.getResult(0)},
      op.getOutputs(), packedMaps, iterators);
  packed->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(op.getRegion(), packed.getRegion(),
                              packed.getRegion().begin());
  rewriter.replaceOp(op, packed.getResults());
}
