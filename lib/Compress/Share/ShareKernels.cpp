//===- ShareKernels.cpp - Kernels that are multiples of fewer ones --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "../Factorize/ReplaceLayer.h"
#include "KernelClusters.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_SHAREKERNELS
#include "nnq/Compress/Share/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-share-kernels";

static DenseTensor toTensor(const Matrix &matrix) {
  return DenseTensor::fold(matrix, 0, {matrix.rows(), matrix.cols()});
}

namespace {
struct ShareKernels : public nnq::impl::ShareKernelsBase<ShareKernels> {
  void runOnOperation() override {
    SmallVector<Operation *> ops =
        findOpsWith(getOperation(), kKernelGroupsAttr);
    for (Operation *op : ops)
      if (failed(share(op)))
        return signalPassFailure();
    // What was seen of other layers.
    if (!ops.empty())
      dropStatistics(getOperation());
  }

private:
  LogicalResult share(Operation *op) {
    auto count = op->getAttrOfType<IntegerAttr>(kKernelGroupsAttr);
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    std::string reason = "it is no convolution or contraction";
    auto fail = [&]() {
      return emitLayerError(op) << "cannot share kernels as "
                                << kKernelGroupsAttr << " asks: " << reason;
    };
    if (!linalgOp || !isMultiplyAccumulate(linalgOp))
      return fail();
    FailureOr<FactorLayer> layer = FactorLayer::get(linalgOp, reason);
    if (failed(layer))
      return fail();
    if (!layer->isFinite())
      return emitLayerError(op) << "has weights that are not finite numbers";
    if (!count || count.getInt() < 1 ||
        count.getInt() >= layer->countChannels()) {
      reason = llvm::formatv("it has {0} kernels", layer->countChannels());
      return fail();
    }
    FailureOr<FactorPlan> plan =
        FactorPlan::get(*layer, FactorMethod::Svd, {count.getInt()}, reason);
    FailureOr<FactorPlan> before = FactorPlan::getUnchanged(*layer, reason);
    if (failed(plan) || failed(before))
      return fail();
    Matrix rows = layer->getRows();
    Eigen::VectorXd weights = Eigen::VectorXd::Ones(rows.cols());
    if (op->hasAttr(kInputStatsAttr)) {
      FailureOr<InputMoments> moments = InputMoments::get(*layer, reason);
      if (succeeded(moments))
        weights = moments->diagonal;
      else
        remarkMissed(op, kPass, "is not weighed: " + reason);
    }
    KernelClusters clusters = clusterKernels(rows, weights, count.getInt());
    Matrix error = rows - clusters.getScales() * clusters.shared;
    auto getPower = [&](const Matrix &matrix) {
      return (matrix.cwiseProduct(matrix) * weights).sum();
    };
    remarkPassed(
        op, kPass,
        llvm::formatv(
            "{0} kernels are multiples of {1}, error "
            "{2:f2} %",
            rows.rows(), count.getInt(),
            100 * std::sqrt(getPower(error) / std::max(getPower(rows), 1e-300)))
            .str());
    ++numShared;
    numKernels += rows.rows() - count.getInt();
    numWeights += before->countWeights() - plan->countWeights();
    numMultiplyAdds += before->countMultiplyAdds() - plan->countMultiplyAdds();
    replaceLayer(*layer, *plan, *before,
                 {toTensor(clusters.shared), toTensor(clusters.getScales())},
                 "share-kernels");
    return success();
  }
};
} // namespace
