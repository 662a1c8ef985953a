//===- InputObserver.h - Statistics of what layers multiply -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_INPUTOBSERVER_H
#define NNQ_LIB_COMPRESS_CALIBRATE_INPUTOBSERVER_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/LayerView.h"

namespace nnq {

/// Gathers what `#nnq.input_stats` holds in one pass. Memory does not depend on
/// the number of samples, but with correlations on the square of the depth.
class InputObserver {
public:
  InputObserver(LayerView view, bool isCorrelated);

  /// Adds elements of the activation, which come row by row where it lies
  /// within a larger buffer.
  void add(llvm::ArrayRef<float> elements);

  /// Tells that all elements of one run were added.
  void finishRun();

  int64_t getCount() const { return count; }
  /// False once an element was NaN or infinite.
  bool isFinite() const { return finite; }

  /// Of a layer with `weights`. There must be elements, all of them finite.
  InputStatsAttr getAttr(const LayerView &layer,
                         llvm::ArrayRef<float> weights) const;

private:
  void addPatches(int64_t group, const float *patches, int64_t rows);

  LayerView view;
  bool isCorrelated;
  bool finite = true;
  int64_t count = 0;
  std::vector<float> activation;
  /// Of the activation that `patches` are of.
  int64_t numElements = -1;
  LayerView::Patches patches;
  /// Groups x depth.
  std::vector<float> min, max;
  std::vector<double> sum, sumOfSquares;
  /// Groups x depth x depth, lower triangles of sums.
  std::vector<float> products;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_INPUTOBSERVER_H
