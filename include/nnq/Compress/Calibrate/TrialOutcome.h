//===- TrialOutcome.h - What a network gives on samples ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_TRIALOUTCOME_H
#define NNQ_COMPRESS_CALIBRATE_TRIALOUTCOME_H

#include "nnq/Compress/Calibrate/SampleRunner.h"

namespace nnq {

/// What a network gave on all samples.
struct Outcome {
  /// Runs `model`, which was made of `module`. An error if the results are not
  /// f32, or one number a sample.
  static llvm::Expected<Outcome> run(mlir::ModuleOp module,
                                     CompiledModel &model,
                                     CalibrationData &data,
                                     llvm::StringRef title);

  /// What is right for each sample: the array `labels` of the file `data`, or,
  /// without a name, what the network itself says.
  llvm::Expected<std::vector<int64_t>> getTruth(llvm::StringRef data,
                                                llvm::StringRef labels) const;

  /// The share of samples, in percent, whose largest score is at `truth`.
  double getAccuracy(llvm::ArrayRef<int64_t> truth) const;
  /// The mean of -log p of `truth`, where the first output gives p, or that up
  /// to a softmax. An error if a label is no class.
  llvm::Expected<double> getCrossEntropy(llvm::ArrayRef<int64_t> truth) const;

  /// All outputs, one after the other.
  std::vector<float> values;
  /// The first output, sample by sample.
  std::vector<float> scores;
  /// Number of the largest element of the first output, by sample.
  std::vector<int64_t> top;
};

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_TRIALOUTCOME_H
