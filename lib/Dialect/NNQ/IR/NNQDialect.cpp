//===- NNQDialect.cpp - The nnq dialect -----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "nnq/Dialect/NNQ/IR/ConstantPool.h"

#include "mlir/Transforms/InliningUtils.h"

#include "nnq/Dialect/NNQ/IR/NNQDialect.cpp.inc"

using namespace mlir;

namespace {
/// All ops are fine anywhere.
struct NNQInlinerInterface : public DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void nnq::NNQDialect::initialize() {
  registerAttributes();
  addInterfaces<ConstantPool, NNQInlinerInterface>();
  addOperations<
#define GET_OP_LIST
#include "nnq/Dialect/NNQ/IR/NNQOps.cpp.inc"
      >();
}
