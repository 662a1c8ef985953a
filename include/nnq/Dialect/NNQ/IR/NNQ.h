//===- NNQ.h - The nnq dialect ----------------------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_DIALECT_NNQ_IR_NNQ_H
#define NNQ_DIALECT_NNQ_IR_NNQ_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "nnq/Dialect/NNQ/IR/NNQDialect.h.inc"
#include "nnq/Dialect/NNQ/IR/NNQEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "nnq/Dialect/NNQ/IR/NNQAttrs.h.inc"

namespace nnq {
/// The registers of matrices that a thread has (AMX).
struct MatrixResource
    : public mlir::SideEffects::Resource::Base<MatrixResource> {
  llvm::StringRef getName() final { return "nnq.matrices"; }
};
/// Their number, and the rows of each; a row has 64 bytes.
inline constexpr int64_t kNumMatrices = 8;
inline constexpr int64_t kMatrixRows = 16;
inline constexpr int64_t kMatrixBytes = 64;

/// Matrices, one below the other, that `rows` rows take.
int64_t countMatrices(int64_t rows);
/// Rows of each of them: all have the same size and, where these do not add up,
/// overlap.
int64_t getMatrixRows(int64_t rows);
/// True if the registers hold those of so many blocks of 16 channels, with
/// their factors.
bool fitsMatrices(int64_t rows, int64_t blocks);
} // namespace nnq

#define GET_OP_CLASSES
#include "nnq/Dialect/NNQ/IR/NNQOps.h.inc"

namespace nnq {
/// True for the ops on matrices in registers.
bool isMatrixOp(mlir::Operation *op);

/// Names of the discardable attributes, see the description of the dialect.
inline constexpr llvm::StringLiteral kLayerAttr = "nnq.layer";
inline constexpr llvm::StringLiteral kStatsAttr = "nnq.stats";
inline constexpr llvm::StringLiteral kInputStatsAttr = "nnq.input_stats";
inline constexpr llvm::StringLiteral kQuantRangeAttr = "nnq.quant_range";
inline constexpr llvm::StringLiteral kProvenanceAttr = "nnq.provenance";
inline constexpr llvm::StringLiteral kKeepF32Attr = "nnq.keep_f32";
inline constexpr llvm::StringLiteral kSqnrAttr = "nnq.sqnr";
inline constexpr llvm::StringLiteral kClippedAttr = "nnq.quant_clipped";
inline constexpr llvm::StringLiteral kWeightsAttr = "nnq.weights";
inline constexpr llvm::StringLiteral kActivationAttr = "nnq.activation";
inline constexpr llvm::StringLiteral kRemoveChannelsAttr =
    "nnq.remove_channels";
/// On the last op of a block that goes: a dictionary of `importance`, `bridge`
/// where a shortcut stays, and `weights` (one number a channel, or a matrix of
/// output and input channels) and `bias` where what stays was fitted.
inline constexpr llvm::StringLiteral kRemoveBlockAttr = "nnq.remove_block";
/// On a function: what has been removed of it, an array of dictionaries.
inline constexpr llvm::StringLiteral kRemovedBlocksAttr = "nnq.removed_blocks";
inline constexpr llvm::StringLiteral kFactorizeAttr = "nnq.factorize";
inline constexpr llvm::StringLiteral kCodebookAttr = "nnq.codebook";
inline constexpr llvm::StringLiteral kKernelGroupsAttr = "nnq.kernel_groups";
inline constexpr llvm::StringLiteral kKernelAttr = "nnq.kernel";
inline constexpr llvm::StringLiteral kWeightBitsAttr = "nnq.weight_bits";
/// Of an index in a table that kernels look numbers up in.
inline constexpr int64_t kTableBits = 4;
inline constexpr int64_t kTableSize = 1 << kTableBits;
/// The same of tables that only some targets look numbers up in.
inline constexpr int64_t kWideTableSize = 2 * kTableSize;
inline constexpr llvm::StringLiteral kRangeAttr = "nnq.range";
inline constexpr llvm::StringLiteral kBorderAttr = "nnq.border";
/// On a vector.contract: 16 bits hold the sums that vpmaddubsw or smull form.
inline constexpr llvm::StringLiteral kFitsI16Attr = "nnq.fits_i16";
inline constexpr llvm::StringLiteral kTargetAttr = "nnq.target";
inline constexpr llvm::StringLiteral kThreadsAttr = "nnq.threads";
inline constexpr llvm::StringLiteral kParallelAttr = "nnq.parallel";
inline constexpr llvm::StringLiteral kBatchAttr = "nnq.batch";
inline constexpr llvm::StringLiteral kLayersAttr = "nnq.layers";
inline constexpr llvm::StringLiteral kSignatureAttr = "nnq.signature";
inline constexpr llvm::StringLiteral kWorkspaceAttr = "nnq.workspace";
/// On an argument or result of an entry point: its integers have no sign.
inline constexpr llvm::StringLiteral kUnsignedAttr = "nnq.unsigned";
/// On an argument or result of an entry point: what the network calls it.
inline constexpr llvm::StringLiteral kTensorNameAttr = "nnq.tensor_name";

/// What upstream bufferization puts on out parameters.
inline constexpr llvm::StringLiteral kResultAttr = "bufferize.result";

/// Alignment in bytes of weights, of the workspace and of buffers within it.
inline constexpr int64_t kBufferAlignment = 64;

/// Elements of the reduction that a lane of one instruction takes.
int64_t getPartSize(DotKind dot);

/// True where the parts of a group are added up in 16 bits before their sum is
/// widened.
bool addsInI16(DotKind dot);

/// True for kernels whose lanes select what they multiply, by the places of
/// their weights.
bool selectsPlaces(SparseKind kind);

/// True for kernels that do so in windows of the activation.
bool hasWindows(SparseKind kind);

/// The threads that code of `module` runs on.
inline int64_t getNumThreads(mlir::ModuleOp module) {
  auto threads = module->getAttrOfType<mlir::IntegerAttr>(kThreadsAttr);
  return threads ? threads.getInt() : 1;
}
} // namespace nnq

#endif // NNQ_DIALECT_NNQ_IR_NNQ_H
