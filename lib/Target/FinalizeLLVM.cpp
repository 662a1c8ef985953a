//===- FinalizeLLVM.cpp - Attributes that LLVM reads ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_FINALIZELLVM
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isOurs(NamedAttribute attr) {
  return attr.getName().getValue().starts_with("nnq.") ||
         attr.getName() == kResultAttr;
}

static DictionaryAttr withoutOurs(DictionaryAttr attrs) {
  return DictionaryAttr::get(
      attrs.getContext(),
      llvm::to_vector(llvm::make_filter_range(
          attrs, [](NamedAttribute attr) { return !isOurs(attr); })));
}

namespace {
struct FinalizeLLVM : public nnq::impl::FinalizeLLVMBase<FinalizeLLVM> {
  using FinalizeLLVMBase::FinalizeLLVMBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto target = module->getAttrOfType<TargetAttr>(kTargetAttr);
    for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
      if (target && !function.isExternal())
        setTarget(function, target);
      if (ArrayAttr attrs = function.getArgAttrsAttr()) {
        SmallVector<Attribute> kept;
        for (auto dictionary : attrs.getAsRange<DictionaryAttr>())
          kept.push_back(withoutOurs(dictionary));
        function.setArgAttrsAttr(ArrayAttr::get(&getContext(), kept));
      }
    }
    // An op of another dialect keeps its layer: the next pass reports it.
    module.walk([](Operation *op) {
      if (isa<LLVM::LLVMDialect, BuiltinDialect>(op->getDialect()))
        op->setDiscardableAttrs(
            withoutOurs(op->getDiscardableAttrDictionary()));
    });
  }

  static void setTarget(LLVM::LLVMFuncOp function, TargetAttr target) {
    function.setTargetCpuAttr(target.getCpu());
    if (!target.getFeatures().empty())
      function.setTargetFeaturesAttr(LLVM::TargetFeaturesAttr::get(
          function.getContext(), target.getFeatures().getValue()));
    // Only the entry points leave the object.
    function.setDsoLocal(true);
    if (!function->hasAttr(kSignatureAttr))
      function.setLinkage(LLVM::Linkage::Internal);
  }
};
} // namespace
