//===- FactorizeLayers.cpp - Replace layers by smaller ones ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorPlan.h"
#include "FactorRequest.h"
#include "Factors.h"
#include "ReplaceLayer.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_FACTORIZELAYERS
#include "nnq/Compress/Factorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-factorize-layers";

namespace {
struct FactorizeLayers
    : public nnq::impl::FactorizeLayersBase<FactorizeLayers> {
  using FactorizeLayersBase::FactorizeLayersBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops = findOpsWith(getOperation(), kFactorizeAttr);
    for (Operation *op : ops)
      if (failed(factorize(op)))
        return signalPassFailure();
    // What was seen of other layers.
    if (!ops.empty())
      dropStatistics(getOperation());
  }

private:
  LogicalResult factorize(Operation *op) {
    FailureOr<std::optional<FactorRequest>> request = FactorRequest::read(op);
    if (failed(request))
      return failure();
    std::string reason = "it is no convolution or contraction";
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    auto fail = [&]() {
      return emitLayerError(op) << "cannot be factorized as " << kFactorizeAttr
                                << " asks: " << reason;
    };
    if (!linalgOp || !isMultiplyAccumulate(linalgOp))
      return fail();
    FailureOr<FactorLayer> layer = FactorLayer::get(linalgOp, reason);
    if (failed(layer))
      return fail();
    if (!layer->isFinite())
      return emitLayerError(op) << "has weights that are not finite numbers";
    std::optional<InputMoments> moments;
    if (op->hasAttr(kInputStatsAttr)) {
      FailureOr<InputMoments> found = InputMoments::get(*layer, reason);
      if (succeeded(found))
        moments = std::move(*found);
      else
        remarkMissed(op, kPass, "is not weighed: " + reason);
    }
    const InputMoments *its = moments ? &*moments : nullptr;
    FailureOr<FactorPlan> plan =
        FactorPlan::get(*layer, (*request)->method, (*request)->ranks, reason);
    FailureOr<FactorPlan> before = FactorPlan::getUnchanged(*layer, reason);
    if (failed(plan) || failed(before))
      return fail();
    FailureOr<Factors> factors = computeFactors(
        *layer, (*request)->method, (*request)->ranks, its, seed, reason);
    if (failed(factors))
      return fail();
    ++numFactorized;
    numWeights += before->countWeights() - plan->countWeights();
    numMultiplyAdds += before->countMultiplyAdds() - plan->countMultiplyAdds();
    StringRef weighing = !its ? "of its weights"
                         : its->correlation.size()
                             ? "of its results on the data"
                             : "of its weights by the "
                               "power of what they "
                               "multiply";
    remarkPassed(op, kPass,
                 llvm::formatv("{0}: error {1:f2} % {2}",
                               describe((*request)->method, (*request)->ranks),
                               100 * getFactorError(*layer, *factors, its),
                               weighing)
                     .str());
    replaceLayer(*layer, *plan, *before, factors->weights);
    return success();
  }
};
} // namespace
