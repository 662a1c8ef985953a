//===- SelectCodebooks.cpp - Decide which layers share weights ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SharedLayer.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_SELECTCODEBOOKS
#include "nnq/Compress/Share/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-codebooks";

namespace {
struct SelectCodebooks
    : public nnq::impl::SelectCodebooksBase<SelectCodebooks> {
  using SelectCodebooksBase::SelectCodebooksBase;

  void runOnOperation() override {
    if (failed(select()))
      signalPassFailure();
  }

private:
  InFlightDiagnostic fail() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  }

  LogicalResult select();
  /// Why the layer keeps its weights, if it does.
  std::string findObstacle(const WeightReaders &readers);
};
} // namespace

std::string SelectCodebooks::findObstacle(const WeightReaders &readers) {
  if (llvm::any_of(readers, [](linalg::LinalgOp op) {
        return op->hasAttr(kKeepF32Attr);
      }))
    return "it is to stay in f32";
  std::string reason;
  FailureOr<SharedLayer> layer = SharedLayer::get(readers, reason);
  if (failed(layer))
    return reason;
  int64_t together = layer->getNumRows();
  if (channels > 0)
    together = std::min<int64_t>(together, channels);
  int64_t count = together * layer->getDepth(), numbers = vector << bits;
  if (count <= numbers)
    return llvm::formatv("a codebook of {0} numbers is for more than its {1} "
                         "weights",
                         numbers, count);
  if (vector > 1)
    return layer->findVectorObstacle(vector, zeros);
  return "";
}

LogicalResult SelectCodebooks::select() {
  if (bits < 1 || bits > 8)
    return fail() << "bits=" << bits.getValue()
                  << ": codebooks are of 1 to 8 bits";
  if (channels < 0)
    return fail() << "channels=" << channels.getValue()
                  << " is no number of channels; pass 0 for all of them";
  if (!llvm::is_contained({1, 2, 4}, vector))
    return fail() << "vector=" << vector.getValue()
                  << ": entries are for 1, 2 or 4 weights";
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return fail() << llvm::toString(excluded.takeError());
  MissedLayers missed;
  SmallVector<WeightReaders> selected;
  for (const WeightReaders &readers : findWeightReaders(getOperation())) {
    std::string reason = excluded->matchAny(readers)
                             ? "keeps its weights as asked for"
                             : findObstacle(readers);
    if (reason.empty())
      selected.push_back(readers);
    else
      missed.emplace_back(readers.front(), reason);
  }
  if (llvm::Error error = checkExcluded(*excluded, "layer with weights"))
    return fail() << llvm::toString(std::move(error));
  if (selected.empty()) {
    InFlightDiagnostic error = fail() << "no layer has weights to share";
    attachMissed(error, missed);
    return error;
  }
  numMissed += missed.size();
  for (auto &[op, reason] : missed)
    remarkMissed(op, kPass, reason);
  auto codebook =
      CodebookAttr::get(&getContext(), bits, channels, zeros, vector);
  for (const WeightReaders &readers : selected) {
    ++numSelected;
    for (linalg::LinalgOp reader : readers)
      reader->setAttr(kCodebookAttr, codebook);
  }
  return success();
}
