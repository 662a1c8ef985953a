//===- ReconstructWeights.cpp - Make up for channels that go --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelReader.h"
#include "ChannelRequests.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"

namespace nnq {
#define GEN_PASS_DEF_RECONSTRUCTWEIGHTS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-reconstruct-weights";

/// The rows of weights that compute from the columns that stay, as nearly as
/// can be, what all of them did.
static Matrix fitRows(const ChannelReader &reader, ArrayRef<int64_t> kept,
                      ArrayRef<int64_t> gone, double damping) {
  auto take = [&](ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    Matrix part(from.size(), to.size());
    for (auto [i, row] : llvm::enumerate(from))
      for (auto [j, column] : llvm::enumerate(to))
        part(i, j) = reader.covariance(row, column);
    return part;
  };
  Matrix weights(reader.rows.rows(), gone.size());
  for (auto [i, column] : llvm::enumerate(gone))
    weights.col(i) = reader.rows.col(column);
  Matrix change =
      weights * (take(gone, kept) * invertDamped(take(kept, kept), damping));
  Matrix rows = Matrix::Zero(reader.rows.rows(), reader.rows.cols());
  for (auto [i, column] : llvm::enumerate(kept))
    rows.col(column) = reader.rows.col(column) + change.col(i);
  return rows;
}

namespace {
/// A layer, and the numbers that a row of its weights multiplies.
struct Change {
  ChannelReader reader;
  SmallVector<int64_t> kept, gone;
};

struct ReconstructWeights
    : public nnq::impl::ReconstructWeightsBase<ReconstructWeights> {
  using ReconstructWeightsBase::ReconstructWeightsBase;

  void runOnOperation() override {
    if (!(damping >= 0 && damping <= 1)) {
      emitError(getOperation().getLoc()) << "damping is a share; pass 0 to 1";
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (hasChannelRequests(function) && failed(reconstruct(function)))
        return signalPassFailure();
  }

private:
  LogicalResult reconstruct(func::FuncOp function) {
    isolateSources(function);
    ChannelGraph graph(function);
    FailureOr<llvm::BitVector> removed = readChannelRequests(function, graph);
    if (failed(removed))
      return failure();
    SmallVector<linalg::LinalgOp> ops = findWeightedOps(function);
    // All are asked before constants change, of which the graph knows nothing.
    std::vector<Change> changes;
    for (linalg::LinalgOp op : ops) {
      std::string reason;
      FailureOr<ChannelReader> reader =
          ChannelReader::get(graph, op, /*isCorrelated=*/true, reason);
      if (failed(reader)) {
        ++numMissed;
        remarkMissed(op, kPass, reason);
        continue;
      }
      Change change{std::move(*reader), {}, {}};
      for (auto [k, unit] : llvm::enumerate(change.reader.units))
        (removed->test(unit) ? change.gone : change.kept).push_back(k);
      if (!change.gone.empty() && !change.kept.empty())
        changes.push_back(std::move(change));
    }
    for (const Change &change : changes)
      rewrite(change);
    return success();
  }

  void rewrite(const Change &layer) {
    const ChannelReader &reader = layer.reader;
    Matrix rows = fitRows(reader, layer.kept, layer.gone, damping);
    Eigen::VectorXd change = (reader.rows - rows) * reader.mean;

    Value before = reader.weight->get();
    auto type = cast<RankedTensorType>(before.getType());
    std::vector<float> weights(type.getNumElements());
    std::vector<float> bias;
    for (int64_t c = 0; c < rows.rows(); ++c) {
      for (int64_t k = 0; k < rows.cols(); ++k)
        weights[reader.view.getWeight(c, k)] = static_cast<float>(rows(c, k));
      bias.push_back(static_cast<float>(change(c)));
    }
    OpBuilder builder(reader.op);
    reader.weight->set(makeConstant(builder, before.getLoc(), type,
                                    "reconstructed", asBytes<float>(weights)));
    addToChannels(reader.op, reader.view, bias, "reconstructed_bias");
    ++numReconstructed;
    double error = ((reader.rows - rows) * reader.covariance)
                       .cwiseProduct(reader.rows - rows)
                       .sum(),
           variance = (reader.rows * reader.covariance)
                          .cwiseProduct(reader.rows)
                          .sum();
    remarkPassed(
        reader.op, kPass,
        llvm::formatv("keeps {0:F1} % of the variance of its result",
                      variance > 0 ? 100 - 100 * error / variance : 100.0)
            .str());
  }
};
} // namespace
