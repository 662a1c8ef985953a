//===- Report.cpp - What nnq-run prints -----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace nnq;

static llvm::json::Value number(double value) {
  return std::isfinite(value) ? llvm::json::Value(value)
                              : llvm::json::Value(nullptr);
}

static void printJSON(llvm::json::OStream &json, llvm::StringRef role,
                      llvm::ArrayRef<TensorSignature> tensors) {
  json.attributeArray(role, [&] {
    for (const TensorSignature &tensor : tensors)
      json.object([&] {
        json.attribute("name", tensor.name);
        json.attribute("type", tensor.str());
      });
  });
}

void nnq::printJSON(llvm::raw_ostream &os, const Report &report) {
  llvm::json::OStream json(os, 2);
  json.object([&] {
    ::printJSON(json, "inputs", report.inputs);
    ::printJSON(json, "outputs", report.outputs);
    json.attribute("samples", report.samples);
    if (report.accuracy)
      json.attribute("accuracy", *report.accuracy);
    if (report.timing)
      json.attributeObject("time_us", [&] {
        json.attribute("min", report.timing->min);
        json.attribute("median", report.timing->median);
      });
    json.attribute("weight_bytes", report.weightBytes);
    json.attribute("library_bytes", report.libraryBytes);
    json.attribute("load_ms", report.loadMs);
    json.attribute("first_inference_ms", report.firstInferenceMs);
    if (report.comparison)
      json.attributeObject("compare", [&] {
        json.attribute("max_diff", number(report.comparison->maxDiff));
        json.attribute("sqnr_db", number(report.comparison->sqnrDb));
        if (report.comparison->top1Agreement)
          json.attribute("top1_agreement", *report.comparison->top1Agreement);
      });
    if (!report.layers.empty()) {
      json.attributeBegin("layers");
      printJSON(json, report.layers);
      json.attributeEnd();
    }
  });
  os << "\n";
}

static void printSummary(llvm::raw_ostream &os, const Report &report) {
  auto row = [&](llvm::StringRef name, const std::string &value) {
    os << llvm::left_justify(name, 22) << value << "\n";
  };
  auto tensors = [&](llvm::StringRef role,
                     llvm::ArrayRef<TensorSignature> list) {
    for (const TensorSignature &tensor : list)
      row(role, tensor.name.empty() ? tensor.str()
                                    : tensor.name + ": " + tensor.str());
  };
  tensors("input", report.inputs);
  tensors("output", report.outputs);
  row("samples", std::to_string(report.samples));
  if (report.accuracy)
    row("accuracy", llvm::formatv("{0:f2} %", 100 * *report.accuracy));
  if (report.timing)
    row("time a sample",
        llvm::formatv("{0:f2} us min, {1:f2} us median", report.timing->min,
                      report.timing->median));
  row("weights", llvm::formatv("{0:n} bytes", report.weightBytes));
  row("library", llvm::formatv("{0:n} bytes", report.libraryBytes));
  row("load", llvm::formatv("{0:f3} ms", report.loadMs));
  row("load and first run",
      llvm::formatv("{0:f3} ms", report.firstInferenceMs));
  if (!report.comparison)
    return;
  std::string difference;
  llvm::raw_string_ostream(difference)
      << llvm::format("%.3g", report.comparison->maxDiff);
  row("largest difference", difference);
  row("SQNR", std::isfinite(report.comparison->sqnrDb)
                  ? llvm::formatv("{0:f1} dB", report.comparison->sqnrDb).str()
                  : "no noise");
  if (report.comparison->top1Agreement)
    row("same top 1",
        llvm::formatv("{0:f2} %", 100 * *report.comparison->top1Agreement));
}

void nnq::printTable(llvm::raw_ostream &os, const Report &report) {
  printSummary(os, report);
  if (!report.layers.empty() && report.timing)
    printTable(os, report.layers, report.timing->min);
}
