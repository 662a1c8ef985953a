//===- Signature.h - What a compiled network takes and gives ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_SIGNATURE_H
#define NNQ_SUPPORT_SIGNATURE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace nnq {

/// Element types that cross the C interface and that numpy files hold.
enum class DType { F32, F64, I8, U8, I16, U16, I32, U32, I64, U64, Bool };

/// "f32", "u8", ...
llvm::StringRef getName(DType dtype);
std::optional<DType> parseDType(llvm::StringRef name);
size_t getSize(DType dtype);

/// The C interface's view of an element type; none if it cannot cross it.
/// Signless integers are signed ones unless `isUnsigned`.
std::optional<DType> getDType(mlir::Type elementType, bool isUnsigned = false);

struct TensorSignature {
  /// The first size is `kDynamicBatch` if the caller chooses the batch.
  llvm::SmallVector<int64_t> shape;
  DType dtype;
  /// What the network calls it; empty if it has no name.
  std::string name = {};

  bool hasDynamicBatch() const;
  /// The shape for `batch` samples, which matters only if they are dynamic.
  llvm::SmallVector<int64_t> getShape(int64_t batch) const;
  int64_t getNumBytes(int64_t batch = 1) const;
  /// "f32[1, 28, 28]", "f32[?, 28, 28]"
  std::string str() const;
};

/// How shapes write the size that the caller chooses.
inline constexpr int64_t kDynamicBatch = -1;

/// The symbol that holds the signature of an entry point as JSON is the name of
/// the entry point with this suffix.
inline constexpr llvm::StringLiteral kSignatureSuffix = "_nnq_signature";

/// With a profile, an array of int64_t of this suffix counts ticks of each
/// layer.
inline constexpr llvm::StringLiteral kTicksSuffix = "_nnq_ticks";

/// What a counter of time counts: a layer with what is fused into it.
struct LayerSignature {
  std::string name;
  /// "conv", "linear", ...
  std::string kind;
  /// Of the factors: "f32", "i8", ...; empty if nothing is multiplied.
  std::string type;
  int64_t macs = 0;
  /// Bytes of the constants that it reads, before they are packed, and as they
  /// are stored, without zeros that are skipped and with what says where.
  int64_t weights = 0;
  int64_t stored = 0;
  /// Of these constants those that are multiplied with, and how many are zero.
  int64_t factors = 0;
  int64_t zeros = 0;
  /// Signal to noise of its result once quantized, in dB, if it was measured.
  std::optional<double> sqnr;
  /// The same of its weights since these are shared.
  std::optional<double> weightSqnr;
  /// How weights and input are quantized, "symmetric per-axis" and "asymmetric"
  /// for example; empty if they are not.
  std::string weightScheme;
  std::string inputScheme;
  /// The numbers that its input may be, and the share of what calibration saw
  /// that lies outside.
  std::optional<std::pair<double, double>> inputRange;
  std::optional<double> clipped;
  /// Of quantized weights, such as "i4, groups of 64"; empty for 8 bits.
  std::string format;
};

/// Everything that a caller of an entry point has to know.
struct Signature {
  std::string entry;
  std::vector<TensorSignature> inputs;
  std::vector<TensorSignature> outputs;
  /// Bytes of the last argument, which is 64-byte aligned.
  int64_t workspace = 0;
  /// Bytes of all constants.
  int64_t weights = 0;
  /// If several, OpenMP starts them.
  int64_t threads = 1;
  /// In the order of the counters; empty without a profile.
  std::vector<LayerSignature> layers;
  std::string triple;
  std::string cpu;
  std::string features;

  /// The caller passes the number of samples in front of the workspace.
  bool hasDynamicBatch() const;

  std::string toJSON() const;
  static llvm::Expected<Signature> fromJSON(llvm::StringRef text);
  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
};

} // namespace nnq

#endif // NNQ_SUPPORT_SIGNATURE_H
