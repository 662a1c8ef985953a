//===- Layers.cpp - Names of layers in diagnostics ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Layers.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/DiagnosticInfo.h"

using namespace mlir;

StringRef nnq::getLocationName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName();
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return getLocationName(call.getCallee());
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = getLocationName(part); !name.empty())
        return name;
  return "";
}

StringRef nnq::findLayerName(Operation *op) {
  for (Operation *scope = op; scope; scope = scope->getParentOp())
    if (auto layer = scope->getAttrOfType<StringAttr>(kLayerAttr))
      return layer;
  return getLocationName(op->getLoc());
}

StringRef nnq::getLayerName(Operation *op) {
  StringRef name = findLayerName(op);
  return name.empty() ? op->getName().getStringRef() : name;
}

StringRef nnq::getUserLayerName(Value value) {
  if (value.use_empty())
    return "";
  // The use list runs backwards.
  Operation *user = nullptr;
  for (Operation *op : value.getUsers())
    user = op;
  if (!user->hasAttr(kLayerAttr) && user->getNumResults() == 1 &&
      !user->getResult(0).use_empty())
    return getUserLayerName(user->getResult(0));
  return getLayerName(user);
}

SmallVector<Operation *> nnq::findOpsWith(Operation *root,
                                          StringRef attribute) {
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    if (op->hasAttr(attribute))
      ops.push_back(op);
  });
  return ops;
}

InFlightDiagnostic nnq::emitLayerError(Operation *op) {
  InFlightDiagnostic diag = emitError(op->getLoc());
  diag << "'" << op->getName() << "' op ";
  if (StringRef layer = findLayerName(op); !layer.empty()) {
    diag << "of layer '" << layer << "' ";
    setInfo(*diag.getUnderlyingDiagnostic(), kLayerInfo, layer);
  }
  return diag;
}
