//===- MergeConstants.cpp - Keep equal constants once ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Passes.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringMap.h"

namespace nnq {
#define GEN_PASS_DEF_MERGECONSTANTS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The bytes of a constant, or none if it has no plain ones.
static std::optional<ArrayRef<char>> getBytes(memref::GlobalOp global) {
  Attribute value = global.getInitialValueAttr();
  if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(value))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  // A splat has the bytes of one element, and is equal to splats only.
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(value))
    return dense.getRawData();
  return std::nullopt;
}

namespace {
struct MergeConstants : public nnq::impl::MergeConstantsBase<MergeConstants> {
  void runOnOperation() override {
    llvm::DenseMap<std::pair<Type, llvm::hash_code>,
                   SmallVector<memref::GlobalOp>>
        kept;
    llvm::StringMap<StringAttr> replacements;
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<memref::GlobalOp>())) {
      std::optional<ArrayRef<char>> data = getBytes(global);
      if (!global.getConstant() || !global.isPrivate() || !data)
        continue;
      auto &candidates = kept[{global.getType(), llvm::hash_value(*data)}];
      auto same = llvm::find_if(candidates, [&](memref::GlobalOp other) {
        return other.getAlignment() == global.getAlignment() &&
               getBytes(other) == data;
      });
      if (same == candidates.end()) {
        candidates.push_back(global);
        continue;
      }
      replacements[global.getSymName()] = same->getSymNameAttr();
      ++numMerged;
      bytes += data->size();
      global.erase();
    }
    if (replacements.empty())
      return;
    getOperation()->walk([&](memref::GetGlobalOp get) {
      if (auto it = replacements.find(get.getName()); it != replacements.end())
        get.setNameAttr(FlatSymbolRefAttr::get(it->second));
    });
  }
};
} // namespace
