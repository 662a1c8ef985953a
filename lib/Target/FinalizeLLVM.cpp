//===- FinalizeLLVM.cpp - Attributes that LLVM reads ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Passes.h"

#include "mlir/IR/DialectResourceBlobManager.h"

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

/// Arrays of arrays become one array. LLVM would hold each of the innermost
/// arrays as a constant of its own: seconds and gigabytes where a kernel packs
/// weights in short rows.
static void flattenConstant(LLVM::GlobalOp global) {
  Type element = global.getGlobalType();
  auto outer = dyn_cast<LLVM::LLVMArrayType>(element);
  auto value = dyn_cast_or_null<ElementsAttr>(global.getValueAttr());
  if (!outer || !isa<LLVM::LLVMArrayType>(outer.getElementType()) || !value)
    return;
  while (auto array = dyn_cast<LLVM::LLVMArrayType>(element))
    element = array.getElementType();
  int64_t count = value.getNumElements();
  auto type = RankedTensorType::get(count, value.getElementType());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  else if (auto dense = dyn_cast<DenseElementsAttr>(value))
    value = dense.reshape(type);
  else
    return;
  global.setGlobalType(LLVM::LLVMArrayType::get(element, count));
  global.setValueAttr(value);
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
    for (auto global : module.getOps<LLVM::GlobalOp>())
      flattenConstant(global);
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
    // LLVM would put the kernels of a network into one large function again,
    // which costs it time and gains nothing.
    if (SymbolTable::getSymbolVisibility(function) ==
        SymbolTable::Visibility::Private)
      function.setNoInline(true);
  }
};
} // namespace
