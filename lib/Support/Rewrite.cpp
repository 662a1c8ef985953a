//===- Rewrite.cpp - Running patterns on quantized networks ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/SharedWeights.h"

using namespace mlir;
using namespace nnq;

void nnq::copyLayerAttributes(Operation *from, Operation *to) {
  for (StringRef name : {kLayerAttr, kProvenanceAttr, kKeepF32Attr, kKernelAttr,
                         kStatsAttr, kQuantRangeAttr, kRangeAttr,
                         kWeightBitsAttr, kWeightVectorsAttr, kWeightSqnrAttr})
    if (Attribute attr = from->getAttr(name); attr && !to->hasAttr(name))
      to->setAttr(name, attr);
}

void nnq::copyDiscardableAttributes(DictionaryAttr attributes, Operation *to) {
  for (NamedAttribute attr : attributes)
    if (attr.getName() != linalg::LinalgDialect::kMemoizedIndexingMapsAttrName)
      to->setDiscardableAttr(attr.getName(), attr.getValue());
}

void LayerAttributeListener::notifyOperationReplaced(Operation *op,
                                                     ValueRange replacement) {
  if (replacement.empty())
    return;
  Operation *def = replacement.front().getDefiningOp();
  while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(def))
    def = def->getOperand(0).getDefiningOp();
  if (def && def != op)
    copyLayerAttributes(op, def);
}
