//===- ConstantPool.cpp - Equal constants are one resource ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/ConstantPool.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace nnq;

ConstantPool::ConstantPool(Dialect *dialect) : Base(dialect) {}

DenseResourceElementsHandle ConstantPool::get(StringRef hint,
                                              ArrayRef<char> bytes) const {
  // The map keeps the largest two values for itself.
  uint64_t hash = llvm::xxh3_64bits(StringRef(bytes.data(), bytes.size())) >> 1;
  std::lock_guard<std::mutex> lock(mutex);
  Handles &handles = known[hash];
  for (DenseResourceElementsHandle &handle : handles)
    if (AsmResourceBlob *blob = handle.getBlob())
      if (blob->getData() == bytes)
        return handle;
  auto &manager = DenseResourceElementsHandle::getManagerInterface(
      getDialect()->getContext());
  handles.push_back(manager.insert(
      hint, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64)));
  return handles.back();
}
