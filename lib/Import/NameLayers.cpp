//===- NameLayers.cpp - Name the layers of a network ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/LayerKind.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Structured.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace nnq {
#define GEN_PASS_DEF_NAMELAYERS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace mlir::linalg;
using namespace nnq;

/// The convolution or contraction to which `op` adds a bias, or null.
static Operation *getLayerOfBias(LinalgOp op) {
  if (!isElementwiseCompute(op) || op.getNumDpsInputs() != 2 ||
      !isa_and_nonnull<arith::AddFOp, arith::AddIOp>(getSingleBodyOp(op)))
    return nullptr;
  Value lhs = op.getDpsInputOperand(0)->get();
  Value rhs = op.getDpsInputOperand(1)->get();
  if (matchPattern(lhs, m_Constant()))
    std::swap(lhs, rhs);
  auto layer = lhs.getDefiningOp<LinalgOp>();
  if (!matchPattern(rhs, m_Constant()) || !layer ||
      !isMultiplyAccumulate(layer))
    return nullptr;
  return layer;
}

namespace {

class LayerNames {
public:
  void take(StringRef name) { taken.insert(name); }

  std::string choose(LinalgOp op) {
    StringRef location = getLocationName(op.getLoc());
    if (!location.empty() && taken.insert(location).second)
      return location.str();
    std::string base = getLayerKind(op).str();
    if (Operation *layer = getLayerOfBias(op))
      base = (getLayerName(layer) + ".bias").str();
    else if (!location.empty())
      base = (location + "." + base).str();
    else
      return number(base);
    return taken.insert(base).second ? base : number(base);
  }

private:
  std::string number(StringRef base) {
    while (true) {
      std::string name = (base + Twine(++counts[base])).str();
      if (taken.insert(name).second)
        return name;
    }
  }

  llvm::StringSet<> taken;
  llvm::StringMap<unsigned> counts;
};

struct NameLayers : public nnq::impl::NameLayersBase<NameLayers> {
  void runOnOperation() override {
    LayerNames names;
    getOperation()->walk([&](Operation *op) {
      if (auto layer = op->getAttrOfType<StringAttr>(kLayerAttr))
        names.take(layer);
    });
    getOperation()->walk([&](LinalgOp op) {
      if (op->hasAttr(kLayerAttr) || isDataMovement(op))
        return;
      op->setAttr(kLayerAttr, StringAttr::get(&getContext(), names.choose(op)));
      ++numNamed;
    });
  }
};

} // namespace
