//===- Report.h - What nnq-run prints ---------------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TOOLS_NNQ_RUN_REPORT_H
#define NNQ_TOOLS_NNQ_RUN_REPORT_H

#include "LayerReport.h"
#include "nnq/Runtime/Evaluate.h"
#include "llvm/Support/raw_ostream.h"

namespace nnq {

struct Report {
  std::vector<TensorSignature> inputs;
  std::vector<TensorSignature> outputs;
  int64_t samples = 0;
  std::optional<double> accuracy;
  std::optional<Timing> timing;
  int64_t weightBytes = 0;
  int64_t libraryBytes = 0;
  double loadMs = 0;
  double firstInferenceMs = 0;
  std::optional<Comparison> comparison;
  /// With a profile.
  std::vector<LayerTime> layers;
};

/// One object; numbers that are not finite are null.
void printJSON(llvm::raw_ostream &os, const Report &report);

/// An aligned table for people.
void printTable(llvm::raw_ostream &os, const Report &report);

} // namespace nnq

#endif // NNQ_TOOLS_NNQ_RUN_REPORT_H
