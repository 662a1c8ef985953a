//===- Passes.h - Passes of the Quantize stage ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_QUANTIZE_PASSES_H
#define NNQ_QUANTIZE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Compress/Quantize/QuantizeOptions.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Quantize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Compress/Quantize/Passes.h.inc"

} // namespace nnq

#endif // NNQ_QUANTIZE_PASSES_H
