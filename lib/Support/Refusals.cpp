//===- Refusals.cpp - Compression that would not pay ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Refusals.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Layers.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nnq;

void nnq::noteRefusal(Operation *op, StringRef technique, StringRef reason) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  if (!function)
    return;
  Builder builder(op->getContext());
  auto layer = builder.getStringAttr(getLayerName(op));
  auto its = builder.getStringAttr(technique);
  SmallVector<Attribute> entries;
  if (auto before = function->getAttrOfType<ArrayAttr>(kRefusedAttr))
    llvm::copy_if(before, std::back_inserter(entries), [&](Attribute entry) {
      auto dictionary = dyn_cast<DictionaryAttr>(entry);
      return !dictionary || dictionary.get("layer") != layer ||
             dictionary.get("technique") != its;
    });
  entries.push_back(builder.getDictionaryAttr(
      {builder.getNamedAttr("layer", layer),
       builder.getNamedAttr("reason", builder.getStringAttr(reason)),
       builder.getNamedAttr("technique", its)}));
  function->setAttr(kRefusedAttr, builder.getArrayAttr(entries));
}
