//===- Passes.h - Passes of the Share stage ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SHARE_PASSES_H
#define NNQ_SHARE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Share/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Compress/Share/Passes.h.inc"

} // namespace nnq

#endif // NNQ_SHARE_PASSES_H
