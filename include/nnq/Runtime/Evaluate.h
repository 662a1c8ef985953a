//===- Evaluate.h - Results and times over a data set -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RUNTIME_EVALUATE_H
#define NNQ_RUNTIME_EVALUATE_H

#include "nnq/Runtime/CompiledModel.h"
#include "nnq/Runtime/NumpyFile.h"

#include <optional>

namespace nnq {

/// A data set cut into the batches that a network takes. The last one is filled
/// up with zeros, or shorter if the batch is dynamic.
class Batches {
public:
  /// One array for each input, all with the same number of samples. `batch` is
  /// for networks that leave it open; 0 is one sample.
  static llvm::Expected<Batches> create(const Signature &signature,
                                        std::vector<NumpyArray> inputs,
                                        int64_t batch = 0);

  int64_t getNumSamples() const { return samples; }
  int64_t getBatchSize() const { return batch; }
  int64_t getNumBatches() const { return pointers.size(); }
  /// How many samples run in a batch, filled up or not.
  int64_t getBatchSize(int64_t i) const {
    return isDynamic ? std::min(batch, samples - i * batch) : batch;
  }
  llvm::ArrayRef<const void *> operator[](int64_t i) const {
    return pointers[i];
  }

private:
  int64_t samples = 0;
  int64_t batch = 1;
  bool isDynamic = false;
  std::vector<NumpyArray> arrays;
  std::vector<std::vector<char>> padded;
  std::vector<std::vector<const void *>> pointers;
};

/// All outputs of all batches, joined along the first dimension. Dimensions
/// that count samples hold exactly those of the data set.
std::vector<NumpyArray> runAll(CompiledModel &model, const Batches &batches);

/// Milliseconds of one run, on the first batch.
double runOnce(CompiledModel &model, const Batches &batches);

/// Microseconds a sample.
struct Timing {
  double min = 0;
  double median = 0;
  /// Of each layer of the signature, in the fastest repetition.
  std::vector<double> layers;
};

/// Times the network on this thread. A repetition takes about 20 ms, so that
/// the clock costs nothing beside it; before it come `warmup` runs over the
/// data.
Timing measure(CompiledModel &model, const Batches &batches, unsigned repeat,
               unsigned warmup);

/// The share of samples whose largest score is at the label.
llvm::Expected<double> getAccuracy(const NumpyArray &scores,
                                   const NumpyArray &labels);

struct Comparison {
  /// Largest absolute difference of all outputs.
  double maxDiff = 0;
  /// Signal to quantization noise; infinite if there is no noise.
  double sqnrDb = 0;
  /// Share of samples with the same largest score; none if there is one score.
  std::optional<double> top1Agreement;
};

/// How far `other` is from `reference`.
llvm::Expected<Comparison> compare(llvm::ArrayRef<NumpyArray> reference,
                                   llvm::ArrayRef<NumpyArray> other);

} // namespace nnq

#endif // NNQ_RUNTIME_EVALUATE_H
