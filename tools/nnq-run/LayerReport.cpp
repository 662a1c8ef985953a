//===- LayerReport.cpp - Where the time of a network goes -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LayerReport.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace nnq;

std::vector<LayerTime> nnq::getLayerTimes(const Signature &signature,
                                          int64_t batchSize,
                                          const Timing &timing,
                                          const Peak &peak) {
  double sum = 0;
  for (double us : timing.layers)
    sum += us;
  std::vector<LayerTime> result;
  for (const auto &[layer, us] :
       llvm::zip_equal(signature.layers, timing.layers)) {
    LayerTime time{layer, us, sum > 0 ? us / sum : 0, {}, {}};
    time.layer.macs /= batchSize;
    if (time.layer.macs > 0 && us > 0) {
      time.rate = static_cast<double>(time.layer.macs) / us * 1e-3;
      double most =
          llvm::StringRef(layer.type).starts_with("f") ? peak.f32 : peak.int8;
      if (most > 0)
        time.peakFraction = *time.rate / most;
    }
    result.push_back(std::move(time));
  }
  llvm::sort(result, [](const LayerTime &a, const LayerTime &b) {
    return std::tie(b.us, a.layer.name) < std::tie(a.us, b.layer.name);
  });
  return result;
}

void nnq::printJSON(llvm::json::OStream &json,
                    llvm::ArrayRef<LayerTime> layers) {
  json.array([&] {
    for (const LayerTime &time : layers)
      json.object([&] {
        json.attribute("name", time.layer.name);
        json.attribute("kind", time.layer.kind);
        json.attribute("type", time.layer.type);
        json.attribute("time_us", time.us);
        json.attribute("share", time.share);
        json.attribute("macs", time.layer.macs);
        if (time.layer.weights)
          json.attribute("weight_bytes", time.layer.weights);
        if (time.layer.stored)
          json.attribute("stored_bytes", time.layer.stored);
        if (time.rate)
          json.attribute("gmacs_per_s", *time.rate);
        if (time.peakFraction)
          json.attribute("peak_fraction", *time.peakFraction);
      });
  });
}

void nnq::printTable(llvm::raw_ostream &os, llvm::ArrayRef<LayerTime> layers,
                     double totalUs) {
  bool hasPeak = llvm::any_of(
      layers, [](const LayerTime &time) { return time.peakFraction; });
  size_t width = llvm::StringRef("all layers").size();
  for (const LayerTime &time : layers)
    width = std::max(width, time.layer.name.size());
  auto row = [&](llvm::StringRef name, llvm::StringRef kind,
                 llvm::StringRef type, const std::string &us,
                 const std::string &share, const std::string &macs,
                 const std::string &rate, const std::string &fraction) {
    os << llvm::left_justify(name, width + 2) << llvm::left_justify(kind, 15)
       << llvm::left_justify(type, 5) << llvm::right_justify(us, 12)
       << llvm::right_justify(share, 9) << llvm::right_justify(macs, 15)
       << llvm::right_justify(rate, 10);
    if (hasPeak)
      os << llvm::right_justify(fraction, 9);
    os << "\n";
  };
  auto number = [](double value) {
    return llvm::formatv("{0:f2}", value).str();
  };
  auto percent = [](double value) {
    return llvm::formatv("{0:f1} %", 100 * value).str();
  };
  os << "\n";
  row("layer", "kind", "type", "time, us", "share", "MACs", "GMAC/s",
      "of peak");
  double sum = 0;
  for (const LayerTime &time : layers) {
    sum += time.us;
    row(time.layer.name, time.layer.kind, time.layer.type, number(time.us),
        percent(time.share),
        time.layer.macs ? llvm::formatv("{0:n}", time.layer.macs).str() : "",
        time.rate ? number(*time.rate) : "",
        time.peakFraction ? percent(*time.peakFraction) : "");
  }
  row("all layers", "", "", number(sum), "", "", "", "");
  row("whole call", "", "", number(totalUs), "", "", "", "");
}
