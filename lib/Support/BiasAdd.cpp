//===- BiasAdd.cpp - The addition of a bias to a layer --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/BiasAdd.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nnq;

linalg::GenericOp nnq::createBiasAdd(OpBuilder &builder, Operation *layer,
                                     Value sum, Value addend, AffineMap map) {
  Location loc = layer->getLoc();
  auto type = cast<RankedTensorType>(sum.getType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, sum),
      type.getElementType());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto add = linalg::GenericOp::create(
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
  if (auto name = layer->getAttrOfType<StringAttr>(kLayerAttr))
    add->setAttr(kLayerAttr, builder.getStringAttr(name.getValue() + ".bias"));
  return add;
}
