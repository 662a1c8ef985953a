//===- Layers.cpp - Names of layers in diagnostics ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Layers.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

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

StringRef nnq::getLayerName(Operation *op) {
  if (auto layer = op->getAttrOfType<StringAttr>(kLayerAttr))
    return layer;
  StringRef name = getLocationName(op->getLoc());
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
