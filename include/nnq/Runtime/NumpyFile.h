//===- NumpyFile.h - Arrays in .npy and .npz files --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RUNTIME_NUMPYFILE_H
#define NNQ_RUNTIME_NUMPYFILE_H

#include "nnq/Support/Signature.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace nnq {

/// An array whose first dimension counts samples. Copies share the data, which
/// is mapped where the file allows it.
class NumpyArray {
public:
  /// How errors name the array: "data.npz, array 'x'".
  const std::string &name() const { return shown; }
  DType dtype() const { return type; }
  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t getNumSamples() const { return dims.empty() ? 1 : dims.front(); }
  int64_t getNumElements() const;
  /// "f32[16, 1, 28, 28]"
  std::string str() const;

  llvm::ArrayRef<char> getBytes() const { return bytes; }
  /// Data of `count` samples from `first` on.
  llvm::ArrayRef<char> getSamples(int64_t first, int64_t count = 1) const;

  /// An error if the array has no samples, or if samples have another shape or
  /// element type than those of `tensor`, whose first dimension is the batch.
  llvm::Error checkMatches(const TensorSignature &tensor,
                           llvm::StringRef what) const;

  /// An error that names the first sample with NaN or infinity.
  llvm::Error checkFinite() const { return checkFinite(bytes, 0); }

  /// The same for some of its samples, the first of which has the number
  /// `first`.
  llvm::Error checkFinite(llvm::ArrayRef<char> samples, int64_t first) const;

  /// Integers of any width as 64-bit ones, for labels.
  llvm::Expected<std::vector<int64_t>> toIntegers() const;

  /// The elements in f64, whatever their type.
  std::vector<double> toDoubles() const;

  /// An array that owns `data`.
  static NumpyArray make(std::string name, DType dtype,
                         llvm::ArrayRef<int64_t> shape, std::vector<char> data);

private:
  friend class NumpyFile;
  friend class NumpyStream;
  llvm::Error error(const llvm::Twine &message) const;

  std::string shown;
  DType type = DType::F32;
  llvm::SmallVector<int64_t> dims;
  llvm::ArrayRef<char> bytes;
  std::shared_ptr<const void> owner;
};

/// The samples of an array one after the other. Of data in a file little is in
/// memory at a time, however large the array.
class NumpyStream {
public:
  NumpyStream(NumpyStream &&) noexcept;
  NumpyStream &operator=(NumpyStream &&) noexcept;
  ~NumpyStream();

  /// The array without its data.
  const NumpyArray &array() const;

  /// Fills `bytes` with the next samples. An error if the file is corrupt.
  llvm::Error read(llvm::MutableArrayRef<char> bytes);

private:
  friend class NumpyFile;
  struct State;
  explicit NumpyStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// A .npy file, which is one array without a name, or a .npz file.
class NumpyFile {
public:
  static llvm::Expected<NumpyFile> open(llvm::StringRef path);

  NumpyFile(NumpyFile &&) noexcept;
  NumpyFile &operator=(NumpyFile &&) noexcept;
  ~NumpyFile();

  const std::string &path() const;
  /// False for .npy.
  bool isArchive() const;
  /// Names of the arrays; empty for .npy.
  const std::vector<std::string> &keys() const;
  bool contains(llvm::StringRef key) const;

  /// The array `key`; for .npy the only one, whatever the key.
  llvm::Expected<NumpyArray> read(llvm::StringRef key) const;
  llvm::Expected<NumpyStream> stream(llvm::StringRef key) const;

private:
  struct State;
  explicit NumpyFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// Writes named arrays: .npz, or .npy if `path` ends so and there is one array.
/// Nothing is left at `path` on an error.
llvm::Error
writeNumpyFile(llvm::StringRef path,
               llvm::ArrayRef<std::pair<std::string, NumpyArray>> arrays);

} // namespace nnq

#endif // NNQ_RUNTIME_NUMPYFILE_H
