//===- SetTarget.cpp - Describe the target on the module ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/Passes.h"
#include "llvm/Target/TargetMachine.h"

namespace nnq {
#define GEN_PASS_DEF_SETTARGET
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct SetTarget : public nnq::impl::SetTargetBase<SetTarget> {
  using SetTargetBase::SetTargetBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    constexpr unsigned kMaxThreads = 1024;
    if (threads < 1 || threads > kMaxThreads) {
      module.emitError() << "threads=" << threads.getValue()
                         << " is out of range; from 1 "
                         << "to " << kMaxThreads << " are possible";
      return signalPassFailure();
    }
    TargetSpec spec{target, triple, cpu, features};
    auto attr = module->getAttrOfType<TargetAttr>(kTargetAttr);
    if (!attr || !spec.empty()) {
      FailureOr<TargetAttr> made =
          makeTarget(&getContext(), spec, [&] { return module.emitError(); });
      if (failed(made))
        return signalPassFailure();
      attr = *made;
    }

    auto machine = createTargetMachine(attr);
    if (!machine) {
      module.emitError() << llvm::toString(machine.takeError());
      return signalPassFailure();
    }
    Builder builder(&getContext());
    module->setAttr(kTargetAttr, attr);
    module->removeAttr(kThreadsAttr);
    if (threads > 1)
      module->setAttr(kThreadsAttr, builder.getI64IntegerAttr(threads));
    module->setAttr(LLVM::LLVMDialect::getTargetTripleAttrName(),
                    attr.getTriple());
    module->setAttr(
        LLVM::LLVMDialect::getDataLayoutAttrName(),
        builder.getStringAttr(
            (*machine)->createDataLayout().getStringRepresentation()));
  }
};
} // namespace
