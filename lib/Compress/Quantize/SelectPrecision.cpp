//===- SelectPrecision.cpp - Requests for single layers -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/Branches.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/LayerKind.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Quant/IR/Quant.h"

namespace nnq {
#define GEN_PASS_DEF_SELECTPRECISION
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr llvm::StringLiteral kKindPrefix = "kind:";
static constexpr llvm::StringLiteral kKinds[] = {"conv", "depthwise", "linear",
                                                 "matmul"};

static StringRef getKind(linalg::LinalgOp op) {
  return succeeded(Contraction::matchDepthwise(op)) ? "depthwise"
                                                    : getLayerKind(op);
}

namespace {
/// WHICH=HOW
struct Request {
  StringRef text;
  StringRef kind;
  std::optional<llvm::Regex> name;
  bool isF32 = false;
  std::optional<QuantScheme> scheme;
  std::optional<WeightGranularity> granularity;
  std::optional<WeightRange> range;
  std::optional<int64_t> bits, group;
  std::optional<QuantScheme> activation;
  std::optional<ActivationRange> activationRange;
  unsigned numLayers = 0;

  /// On failure `error` says what is not understood.
  static std::optional<Request> parse(StringRef text, std::string &error);

  bool matches(linalg::LinalgOp op) const {
    return name ? name->match(findLayerName(op)) : getKind(op) == kind;
  }

private:
  bool parseSetting(StringRef setting);
};
} // namespace

bool Request::parseSetting(StringRef setting) {
  if (setting == "f32")
    isF32 = true;
  else if (setting == "symmetric")
    scheme = QuantScheme::Symmetric;
  else if (setting == "asymmetric")
    scheme = QuantScheme::Asymmetric;
  else if (setting == "per-axis")
    granularity = WeightGranularity::PerAxis;
  else if (setting == "per-tensor")
    granularity = WeightGranularity::PerTensor;
  else if (setting == "full")
    range = WeightRange::Full;
  else if (setting == "reduced")
    range = WeightRange::Reduced;
  else if (setting == "activation-symmetric")
    activation = QuantScheme::Symmetric;
  else if (setting == "activation-asymmetric")
    activation = QuantScheme::Asymmetric;
  else if (setting == "static")
    activationRange = ActivationRange::Static;
  else if (setting == "dynamic")
    activationRange = ActivationRange::Dynamic;
  else if (setting == "per-row")
    activationRange = ActivationRange::PerRow;
  else if (setting == "int8")
    bits = 8;
  else if (setting == "int4")
    bits = 4;
  else if (int64_t size;
           setting.consume_front("group") && !setting.getAsInteger(10, size))
    group = size; // Which there are is checked with the whole format.
  else
    return false;
  return true;
}

std::optional<Request> Request::parse(StringRef text, std::string &error) {
  Request request;
  request.text = text;
  auto [which, how] = text.rsplit('=');
  if (which.empty() || how.empty()) {
    error = "is not of the form WHICH=HOW, such as conv1=f32";
    return std::nullopt;
  }
  if (which.consume_front(kKindPrefix)) {
    if (!llvm::is_contained(kKinds, which)) {
      error = "names no kind of layer; there are: " +
              llvm::join(ArrayRef(kKinds), ", ");
      return std::nullopt;
    }
    request.kind = which;
  } else {
    llvm::Expected<llvm::Regex> name = parseLayerPattern(which);
    if (!name) {
      error = "has no valid regular expression: " +
              llvm::toString(name.takeError());
      return std::nullopt;
    }
    request.name = std::move(*name);
  }
  SmallVector<StringRef> settings;
  how.split(settings, '+');
  for (StringRef setting : settings)
    if (!request.parseSetting(setting)) {
      error = ("asks for '" + setting +
               "'; there are: f32, symmetric, asymmetric, per-axis, "
               "per-tensor, full, reduced, int8, int4, group0, group32, "
               "group64, group128, activation-symmetric, "
               "activation-asymmetric, static, dynamic, per-row")
                  .str();
      return std::nullopt;
    }
  if (request.isF32 && settings.size() > 1) {
    error = "asks for f32 and for a format of integers";
    return std::nullopt;
  }
  return request;
}

namespace {
struct SelectPrecision
    : public nnq::impl::SelectPrecisionBase<SelectPrecision> {
  using SelectPrecisionBase::SelectPrecisionBase;

  void runOnOperation() override {
    SmallVector<Request> requests;
    SmallVector<StringRef> texts;
    StringRef(layers).split(texts, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef text : texts) {
      std::string error;
      std::optional<Request> request = Request::parse(text, error);
      if (!request) {
        getOperation().emitError() << "layers: '" << text << "' " << error;
        return signalPassFailure();
      }
      requests.push_back(std::move(*request));
    }
    if (foreign == ForeignQuantization::Keep)
      keepForeign();
    if (requests.empty())
      return;
    llvm::SetVector<StringRef> names;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!isMultiplyAccumulate(op))
        return;
      names.insert(findLayerName(op));
      if (failed(select(op, requests)))
        signalPassFailure();
    });
    for (const Request &request : requests) {
      if (request.numLayers > 0)
        continue;
      getOperation().emitError() << "layers: no layer answers '" << request.text
                                 << "'; there are: " << llvm::join(names, ", ");
      signalPassFailure();
    }
  }

private:
  /// Nothing that came in f32 is quantized, in a network where something is.
  void keepForeign() {
    bool isForeign = false;
    getOperation()->walk([&](Operation *op) {
      isForeign |=
          isa<quant::QuantizeCastOp, quant::DequantizeCastOp, DynamicQCastOp>(
              op);
    });
    if (!isForeign)
      return;
    getOperation()->walk([&](Operation *op) {
      auto isF32 = [](Value value) { return !isDequantized(value); };
      auto layer = dyn_cast<linalg::LinalgOp>(op);
      bool isLayer = layer && isMultiplyAccumulate(layer) &&
                     llvm::any_of(layer.getDpsInputs(), isF32);
      auto branches =
          llvm::map_range(findStoredBranches(op),
                          [](OpOperand *branch) { return branch->get(); });
      if (op->hasAttr(kKeepF32Attr) ||
          !(isLayer || llvm::any_of(branches, isF32)))
        return;
      op->setAttr(kKeepF32Attr, StringAttr::get(&getContext(), "foreign=keep"));
      if (!isLayer)
        return;
      ++numKept;
      remarkMissed(op, "nnq-select-precision",
                   "stays in f32: foreign=keep, and the network came in with "
                   "other layers that are quantized");
    });
  }

  LogicalResult select(linalg::LinalgOp op, MutableArrayRef<Request> requests) {
    QuantScheme scheme = weights;
    WeightGranularity granularity = weightGranularity;
    WeightRange range = weightRange;
    int64_t bits = weightBits, group = groupSize;
    std::optional<QuantScheme> activation;
    std::optional<ActivationRange> activationRange;
    const Request *last = nullptr;
    for (Request &request : requests) {
      if (!request.matches(op))
        continue;
      ++request.numLayers;
      last = &request;
      scheme = request.scheme.value_or(scheme);
      granularity = request.granularity.value_or(granularity);
      bits = request.bits.value_or(bits);
      // What all layers have does not suit these weights.
      if (scheme == QuantScheme::Asymmetric || bits != 8)
        range = WeightRange::Full;
      range = request.range.value_or(range);
      group = request.group.value_or(group);
      if (request.activation)
        activation = request.activation;
      if (request.activationRange)
        activationRange = request.activationRange;
    }
    if (!last || op->hasAttr(kKeepF32Attr) || op->hasAttr(kWeightsAttr))
      return success();
    if (last->isF32) {
      op->setAttr(kKeepF32Attr,
                  StringAttr::get(&getContext(), "layers=" + last->text));
      ++numKept;
      remarkMissed(op, "nnq-select-precision",
                   ("stays in f32 as asked for: layers=" + last->text).str());
      return success();
    }
    WeightFormatAttr format = WeightFormatAttr::getChecked(
        [&] { return emitLayerError(op); }, &getContext(), scheme, granularity,
        range, bits, group);
    if (!format)
      return failure();
    op->setAttr(kWeightsAttr, format);
    bool isPerRow = activationGranularity == ActivationGranularity::PerRow;
    if ((activation || activationRange) && !op->hasAttr(kActivationAttr))
      op->setAttr(
          kActivationAttr,
          ActivationFormatAttr::get(
              &getContext(), activation.value_or(activations),
              activationRange.value_or(isPerRow ? ActivationRange::PerRow
                                                : ActivationRange::Static)));
    ++numSelected;
    return success();
  }
};
} // namespace
