//===- LayerUnit.h - A layer that can be looked at alone --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_LAYERUNIT_H
#define NNQ_COMPRESS_CALIBRATE_LAYERUNIT_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"

namespace nnq {

/// A convolution or contraction with constant weights, and what its epilogue
/// will take in.
struct LayerUnit {
  mlir::linalg::LinalgOp layer;
  /// What it reads, where its statistics are kept.
  mlir::Value source;
  /// The result of the last elementwise op that only the layer feeds.
  mlir::Value end;
  /// From the source to the end, in order.
  mlir::SmallVector<mlir::Operation *> ops;
};

/// Nothing if `op` is no layer of one f32 tensor and constant f32 weights.
std::optional<LayerUnit> findLayerUnit(mlir::linalg::LinalgOp op);

/// Those of the layers that will be quantized, in order.
std::vector<LayerUnit> findLayerUnits(mlir::func::FuncOp function);

/// A module of one function, `layer`, that computes the end of `unit` from its
/// source, with what is known of the source.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
extractUnit(const LayerUnit &unit, WeightFormatAttr format);

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_LAYERUNIT_H
