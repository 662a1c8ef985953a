//===- NNQDialect.cpp - The nnq dialect -----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "nnq/Dialect/NNQ/IR/ConstantPool.h"

#include "nnq/Dialect/NNQ/IR/NNQDialect.cpp.inc"

void nnq::NNQDialect::initialize() {
  registerAttributes();
  addInterfaces<ConstantPool>();
  addOperations<
#define GET_OP_LIST
#include "nnq/Dialect/NNQ/IR/NNQOps.cpp.inc"
      >();
}
