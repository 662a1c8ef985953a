//===- Diagnostics.cpp - Errors that name the layer -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Diagnostics.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;

StringRef nnq::getLayer(Operation *op) {
  for (; op; op = op->getParentOp())
    if (auto layer = op->getAttrOfType<StringAttr>(kLayerAttr))
      return layer.getValue();
  return "";
}

InFlightDiagnostic nnq::emitLayerError(Operation *op) {
  InFlightDiagnostic diag = emitError(op->getLoc());
  diag << "'" << op->getName() << "' op ";
  if (StringRef layer = getLayer(op); !layer.empty())
    diag << "of layer '" << layer << "' ";
  return diag;
}
