//===- SharedWeights.cpp - What is known of shared weights ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/SharedWeights.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace nnq;

std::optional<WeightVectors> WeightVectors::read(Operation *op) {
  auto dictionary = op->getAttrOfType<DictionaryAttr>(kWeightVectorsAttr);
  if (!dictionary)
    return std::nullopt;
  auto bits = dictionary.getAs<IntegerAttr>("bits");
  auto size = dictionary.getAs<IntegerAttr>("size");
  auto apart = dictionary.getAs<IntegerAttr>("apart");
  if (!bits || !size || !apart)
    return std::nullopt;
  return WeightVectors{bits.getInt(), size.getInt(), apart.getInt()};
}

void WeightVectors::write(Operation *op) const {
  Builder b(op->getContext());
  op->setAttr(
      kWeightVectorsAttr,
      b.getDictionaryAttr({b.getNamedAttr("apart", b.getI64IntegerAttr(apart)),
                           b.getNamedAttr("bits", b.getI64IntegerAttr(bits)),
                           b.getNamedAttr("size", b.getI64IntegerAttr(size))}));
}
