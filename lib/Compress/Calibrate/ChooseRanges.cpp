//===- ChooseRanges.cpp - From statistics to ranges -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RangeSearch.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/Format.h"

namespace nnq {
#define GEN_PASS_DEF_CHOOSERANGES
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

struct ChooseRanges : public nnq::impl::ChooseRangesBase<ChooseRanges> {
  using ChooseRangesBase::ChooseRangesBase;

  void runOnOperation() override {
    if (!(percentile > 0 && percentile <= 100)) {
      std::string given;
      llvm::raw_string_ostream(given)
          << llvm::format("%g", percentile.getValue());
      emitError(getOperation().getLoc())
          << "percentile=" << given
          << " is no share; pass more than 0 and at most 100";
      return signalPassFailure();
    }
    getOperation()->walk([&](Operation *op) {
      if (auto function = dyn_cast<FunctionOpInterface>(op))
        for (BlockArgument argument : function.getArguments())
          choose(argument);
      if (op->getNumResults() == 1)
        choose(op->getResult(0));
    });
  }

private:
  void choose(Value value) {
    TensorStatsAttr stats = getStats(value);
    if (!stats)
      return;
    if (QuantRangeAttr given = getQuantRange(value)) {
      ++numGiven;
      if (!given.getClipped())
        set(value, {given.getLow(), given.getHigh()}, stats);
      return;
    }
    StringRef lacking = findLacking(stats);
    Interval range{stats.getMin().getValueAsDouble(),
                   stats.getMax().getValueAsDouble()};
    if (!lacking.empty()) {
      ++numMissed;
      remark::missed(
          value.getLoc(),
          remark::RemarkOpts::name("ChooseRange").category("nnq-choose-ranges"))
          << remark::add("the input of layer '{0}' keeps its whole range",
                         getUserLayerName(value).str())
          << remark::reason("its statistics have no {0}", lacking.str());
    } else if (calibration != CalibrationMethod::MinMax) {
      range = find(stats);
    }
    set(value, range, stats);
    ++numChosen;
  }

  /// With the share of the elements that `range` leaves out.
  void set(Value value, Interval range, TensorStatsAttr stats) {
    double clipped = 0;
    if (!stats.getHistogram().empty())
      clipped = Histogram(stats).getClippedShare(range);
    setQuantRange(value, QuantRangeAttr::get(&getContext(), range.low,
                                             range.high, clipped));
    numClipped += clipped > 0;
  }

  /// What the method needs that `stats` do not have, or nothing.
  StringRef findLacking(TensorStatsAttr stats) const {
    if (calibration == CalibrationMethod::MinMax)
      return "";
    if (calibration == CalibrationMethod::MovingAverage)
      return stats.getMovingMin() ? "" : "moving averages";
    return stats.getHistogram().empty() ? "histogram" : "";
  }

  Interval find(TensorStatsAttr stats) const {
    if (calibration == CalibrationMethod::MovingAverage)
      return {stats.getMovingMin().getValueAsDouble(),
              stats.getMovingMax().getValueAsDouble()};
    Histogram histogram(stats);
    if (calibration == CalibrationMethod::Percentile)
      return histogram.getPercentileRange(percentile / 100, activations);
    return findBestRange(histogram, activations, [&](Interval range) {
      return calibration == CalibrationMethod::Mse
                 ? histogram.getSquaredError(range, activations)
                 : histogram.getDivergence(range, activations);
    });
  }
};

} // namespace
