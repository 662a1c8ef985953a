//===- BiasAdd.cpp - The addition of a bias to a layer --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/BiasAdd.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"

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

void nnq::addToChannels(linalg::LinalgOp op, const LayerView &view,
                        ArrayRef<float> addends, StringRef hint) {
  OpBuilder builder(op);
  builder.setInsertionPointAfter(op);
  Value sum = op->getResult(0);
  // The size of a dynamic dimension is asked of the sum itself.
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : sum.getUses())
    uses.push_back(&use);
  auto type = RankedTensorType::get(view.channelSizes, builder.getF32Type());
  Value constant =
      makeConstant(builder, op.getLoc(), type, hint, asBytes<float>(addends));
  linalg::GenericOp add =
      createBiasAdd(builder, op, sum, constant, view.channelMap);
  for (OpOperand *use : uses)
    use->set(add.getResult(0));
}
