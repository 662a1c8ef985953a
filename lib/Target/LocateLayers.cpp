//===- LocateLayers.cpp - Locations tell the layer ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Layers.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_LOCATELAYERS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LocateLayers : public nnq::impl::LocateLayersBase<LocateLayers> {
  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      auto layer = op->getAttrOfType<StringAttr>(kLayerAttr);
      if (!layer || getLocationName(op->getLoc()) == layer)
        return;
      op->setLoc(NameLoc::get(layer, op->getLoc()));
      ++numLocated;
    });
  }
};
} // namespace
