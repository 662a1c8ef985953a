//===- LayerReport.h - Where the time of a network goes ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TOOLS_NNQ_RUN_LAYERREPORT_H
#define NNQ_TOOLS_NNQ_RUN_LAYERREPORT_H

#include "nnq/Runtime/Evaluate.h"
#include "nnq/Support/Signature.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace nnq {

/// Multiply-adds a nanosecond that the machine can do; 0 if unknown.
struct Peak {
  double int8 = 0;
  double f32 = 0;
};

/// A layer and the time that it takes.
struct LayerTime {
  LayerSignature layer;
  double us = 0;
  double share = 0;
  /// Multiply-adds a nanosecond; none if it does not multiply.
  std::optional<double> rate;
  /// Of the peak, if it is known.
  std::optional<double> peakFraction;
};

/// The layers of one sample from the slowest to the fastest.
std::vector<LayerTime> getLayerTimes(const Signature &signature,
                                     int64_t batchSize, const Timing &timing,
                                     const Peak &peak);

/// An array of objects.
void printJSON(llvm::json::OStream &json, llvm::ArrayRef<LayerTime> layers);

/// An aligned table; its last rows are the sum and the time of a whole call.
void printTable(llvm::raw_ostream &os, llvm::ArrayRef<LayerTime> layers,
                double totalUs);

} // namespace nnq

#endif // NNQ_TOOLS_NNQ_RUN_LAYERREPORT_H
