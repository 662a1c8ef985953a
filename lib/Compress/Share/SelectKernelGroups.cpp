//===- SelectKernelGroups.cpp - Which kernels share a matrix --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "../Factorize/FactorCost.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Structured.h"
#include "nnq/Support/TargetInfo.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_SELECTKERNELGROUPS
#include "nnq/Compress/Share/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-kernel-groups";

namespace {
struct SelectKernelGroups
    : public nnq::impl::SelectKernelGroupsBase<SelectKernelGroups> {
  using SelectKernelGroupsBase::SelectKernelGroupsBase;

  void runOnOperation() override {
    if (failed(select()))
      signalPassFailure();
  }

private:
  InFlightDiagnostic fail() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  }

  LogicalResult checkOptions();
  LogicalResult select();
  /// Returns why the layer stays, or nothing if it has its attribute.
  std::string select(linalg::LinalgOp op);
  std::string findObstacle(const FactorLayer &layer, int64_t count,
                           std::string &what);

  TargetAttr target;
  int64_t width = 1;
};
} // namespace

LogicalResult SelectKernelGroups::checkOptions() {
  if ((groups != -1) == (ratio != 0))
    return fail() << "give one of groups and ratio";
  if (groups != -1 && groups < 1)
    return fail() << "groups=" << groups.getValue() << " has to be 1 at least";
  if (ratio != 0 && !(ratio > 0 && ratio < 1))
    return fail() << "ratio=" << llvm::formatv("{0}", ratio.getValue()).str()
                  << " has to lie between 0 and 1";
  if (roundTo < 0)
    return fail() << "round-to=" << roundTo.getValue()
                  << " has to be positive, or 0";
  FailureOr<TargetAttr> found = findTargetOrHost(getOperation());
  if (failed(found))
    return failure();
  target = *found;
  width = roundTo > 0 ? roundTo.getValue() : getRegisterWidth(target);
  return success();
}

std::string SelectKernelGroups::findObstacle(const FactorLayer &layer,
                                             int64_t count, std::string &what) {
  if (count >= layer.countChannels())
    return llvm::formatv("{0} groups are no fewer than its {1} kernels", count,
                         layer.countChannels());
  std::string reason;
  FailureOr<FactorPlan> before = FactorPlan::getUnchanged(layer, reason);
  FailureOr<FactorPlan> after =
      FactorPlan::get(layer, FactorMethod::Svd, {count}, reason);
  if (failed(before) || failed(after))
    return reason;
  if (after->countMultiplyAdds() >= before->countMultiplyAdds() ||
      after->countWeights() >= before->countWeights())
    return llvm::formatv("{0} kernels and scales of {1} channels are no fewer "
                         "weights than it has",
                         count, layer.countChannels());
  double was = estimateCycles(target, *before),
         will = estimateCycles(target, *after);
  if (objective == FactorObjective::Latency && will >= was)
    return llvm::formatv("{0} groups are no faster: an estimated {1:f0} "
                         "cycles, the layer {2:f0}",
                         count, will, was);
  what = llvm::formatv("{0} of {1} kernels: {2} of {3} multiply-adds, {4} of "
                       "{5} weights, an estimated {6:f0} of {7:f0} cycles",
                       count, layer.countChannels(), after->countMultiplyAdds(),
                       before->countMultiplyAdds(), after->countWeights(),
                       before->countWeights(), will, was);
  return "";
}

std::string SelectKernelGroups::select(linalg::LinalgOp op) {
  std::string reason, what;
  FailureOr<FactorLayer> layer = FactorLayer::get(op, reason);
  if (failed(layer))
    return reason;
  if (layer->countTaps() == 1)
    return "its kernels are no windows: factorize it instead";
  int64_t count = groups;
  if (ratio != 0) {
    // Rounded down: at least as many go as was asked for.
    auto kept = static_cast<int64_t>((1 - ratio) * layer->countChannels());
    count = std::max(kept / width * width, std::min(width, kept));
    count = std::max<int64_t>(count, 1);
  }
  if (reason = findObstacle(*layer, count, what); !reason.empty())
    return reason;
  op->setAttr(kKernelGroupsAttr,
              IntegerAttr::get(IntegerType::get(&getContext(), 64), count));
  remarkPassed(op, kPass, what);
  ++numSelected;
  return "";
}

LogicalResult SelectKernelGroups::select() {
  if (failed(checkOptions()))
    return failure();
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return fail() << llvm::toString(excluded.takeError());
  SmallVector<linalg::LinalgOp> ops = findWeightedOps(getOperation());
  MissedLayers missed;
  for (linalg::LinalgOp op : ops) {
    std::string reason = excluded->match(getLayerName(op))
                             ? "keeps its kernels as asked for"
                             : select(op);
    if (!reason.empty())
      missed.emplace_back(op, reason);
  }
  if (llvm::Error error = checkExcluded(*excluded, "layer with weights"))
    return fail() << llvm::toString(std::move(error));
  if (missed.size() == ops.size()) {
    InFlightDiagnostic error = fail() << "no layer has kernels to share";
    attachMissed(error, missed);
    return error;
  }
  numMissed += missed.size();
  for (auto &[op, reason] : missed)
    remarkMissed(op, kPass, reason);
  return success();
}
