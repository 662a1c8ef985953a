//===- CalibrationData.h - Samples to calibrate on --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_CALIBRATIONDATA_H
#define NNQ_COMPRESS_CALIBRATE_CALIBRATIONDATA_H

#include "nnq/Runtime/NumpyFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnq {

/// One array for each input of a function, with as many samples, read from
/// front to back.
class CalibrationData {
public:
  /// `key` names the array, is the stem of the names of several, or lists them.
  /// At most `limit` samples count; 0 means all.
  static llvm::Expected<CalibrationData> open(mlir::func::FuncOp entry,
                                              llvm::StringRef path,
                                              llvm::StringRef key,
                                              int64_t limit);

  int64_t getNumSamples() const { return numSamples; }

  /// Fills a buffer for each input with the next `batch` samples, which must be
  /// finite.
  llvm::Error read(llvm::MutableArrayRef<std::vector<char>> buffers,
                   int64_t batch);

private:
  std::vector<NumpyStream> streams;
  int64_t numSamples = 0;
  int64_t position = 0;
};

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_CALIBRATIONDATA_H
