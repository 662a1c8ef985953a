//===- Passes.h - Passes of the Target stage --------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_PASSES_H
#define NNQ_TARGET_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Target/Passes.h.inc"

} // namespace nnq

#endif // NNQ_TARGET_PASSES_H
