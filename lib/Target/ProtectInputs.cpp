//===- ProtectInputs.cpp - Inputs of entry functions are const ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_PROTECTINPUTS
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct ProtectInputs : public nnq::impl::ProtectInputsBase<ProtectInputs> {
  using ProtectInputsBase::ProtectInputsBase;

  void runOnOperation() override {
    Attribute no = BoolAttr::get(&getContext(), false);
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      for (BlockArgument arg : function.getArguments())
        if (isa<TensorType>(arg.getType()))
          function.setArgAttr(
              arg.getArgNumber(),
              bufferization::BufferizationDialect::kWritableAttrName, no);
    }
  }
};
} // namespace
