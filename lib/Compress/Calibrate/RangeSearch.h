//===- RangeSearch.h - Ranges that suit a histogram -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_RANGESEARCH_H
#define NNQ_LIB_COMPRESS_CALIBRATE_RANGESEARCH_H

#include "nnq/Compress/Quantize/QuantizeOptions.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

struct Interval {
  double low, high;
};

/// The elements of a tensor, taken to be spread evenly within each bin.
class Histogram {
public:
  /// The statistics must have bins.
  explicit Histogram(TensorStatsAttr stats);

  /// All of it, with zero.
  Interval getRange() const;
  /// Share of the elements outside of `range`.
  double getClippedShare(Interval range) const;
  /// What the share `kept` of the elements lies in: as many are left out at
  /// either end, or those of the largest magnitude.
  Interval getPercentileRange(double kept, QuantScheme scheme) const;

  /// E[(quantized x - x)^2] if `range` is quantized to 8 bits.
  double getSquaredError(Interval range, QuantScheme scheme) const;
  /// The Kullback-Leibler divergence of the elements, those outside of `range`
  /// at its ends, from what is left of them after quantization. Infinite if
  /// elements are clipped and there are fewer bins in `range` than levels.
  double getDivergence(Interval range, QuantScheme scheme) const;

private:
  double getEdge(int64_t bin) const { return start + bin * width; }
  double getCenter(int64_t bin) const { return start + (bin + 0.5) * width; }
  /// Share of the elements below `x`.
  double getShareBelow(double x) const;
  /// Inverse of `getShareBelow`.
  double getQuantile(double share) const;

  llvm::ArrayRef<int64_t> bins;
  /// Bins that are not empty lie in [first, last].
  int64_t first, last;
  double start, width;
  double count;
  double min, max;
};

/// The range of least cost among those that a coordinate descent sees: one end
/// after the other takes the best of `steps` positions between zero and the
/// extreme of the histogram. Of equal costs the wider range counts.
Interval findBestRange(const Histogram &histogram, QuantScheme scheme,
                       llvm::function_ref<double(Interval)> getCost);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_RANGESEARCH_H
