//===- MeasureFactors.cpp - Keep the factors that are faster --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorRequest.h"
#include "ReplaceLayer.h"
#include "nnq/Compress/Calibrate/LayerUnit.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Compress/Calibrate/TrialTimes.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Support/Refusals.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"
#include "nnq/Support/TargetInfo.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"

namespace nnq {
#define GEN_PASS_DEF_MEASUREFACTORS
#include "nnq/Compress/Factorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-measure-factors";

/// What is within the noise of a measurement is not faster.
static constexpr double kFaster = 0.98;

/// Numbers of about one, without order.
static DenseTensor makeFactor(const FactorStep &step) {
  DenseTensor factor(step.weightShape);
  uint32_t state = 1;
  for (double &value : factor.values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<double>(state >> 8) / (1 << 23) - 1;
  }
  return factor;
}

static SmallVector<linalg::LinalgOp> findRequested(ModuleOp module) {
  SmallVector<linalg::LinalgOp> ops;
  module.walk([&](linalg::LinalgOp op) {
    if (op->hasAttr(kFactorizeAttr))
      ops.push_back(op);
  });
  return ops;
}

/// In the module of a layer, which `request` takes apart.
static LogicalResult replaceByFactors(ModuleOp module,
                                      const FactorRequest &request,
                                      std::string &reason) {
  FailureOr<FactorLayer> layer =
      FactorLayer::get(findRequested(module).front(), reason);
  if (failed(layer))
    return failure();
  FailureOr<FactorPlan> plan =
      FactorPlan::get(*layer, request.method, request.ranks, reason);
  FailureOr<FactorPlan> before = FactorPlan::getUnchanged(*layer, reason);
  if (failed(plan) || failed(before))
    return failure();
  replaceLayer(*layer, *plan, *before,
               llvm::map_to_vector(plan->steps, makeFactor));
  return success();
}

/// All that kernels are chosen by, but not the names and the values.
static void describeForm(ModuleOp module, llvm::raw_ostream &os) {
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    os << op->getName() << op->getOperandTypes() << op->getResultTypes();
    for (NamedAttribute attr : op->getAttrDictionary()) {
      if (attr.getName().getValue().starts_with("nnq."))
        continue;
      os << attr.getName().getValue();
      if (auto elements = dyn_cast<ElementsAttr>(attr.getValue());
          elements && elements.getNumElements() > 64)
        os << elements.getType();
      else
        os << attr.getValue();
    }
    os << "\n";
  });
}

/// Blocks of zeros may be left out by the kernel of the whole layer.
static void describeZeros(const FactorLayer &layer, llvm::raw_ostream &os) {
  ArrayRef<double> values = layer.weights.values;
  if (static_cast<size_t>(llvm::count(values, 0.0)) * 4 < values.size())
    return;
  std::string mask;
  for (double value : values)
    mask += value == 0 ? '0' : '1';
  os << "zeros" << llvm::xxh3_64bits(mask);
}

/// Ranges for all that may be quantized: time does not depend on them.
static void giveRanges(ModuleOp module) {
  auto range = QuantRangeAttr::get(module.getContext(), -2.0, 2.0, 0.0);
  module.walk([&](Operation *op) {
    if (auto function = dyn_cast<func::FuncOp>(op))
      for (BlockArgument argument : function.getArguments())
        setQuantRange(argument, range);
    else if (isa<linalg::LinalgOp>(op) && op->getNumResults() == 1)
      setQuantRange(op->getResult(0), range);
  });
}

namespace {
struct MeasureFactors : public nnq::impl::MeasureFactorsBase<MeasureFactors> {
  MeasureFactors(const MeasureFactorsOptions &options, TrialBuilders builders)
      : MeasureFactorsBase(options), builders(std::move(builders)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops = findRequested(getOperation());
    if (ops.empty())
      return;
    FailureOr<bool> isHost = isTargetHost();
    if (failed(isHost))
      return signalPassFailure();
    if (!*isHost) {
      for (linalg::LinalgOp op : ops)
        miss(op, "the target is another machine, where nothing can be "
                 "measured; the estimate stands");
      return;
    }
    TimeCache times(cache.getValue());
    for (linalg::LinalgOp op : ops)
      if (failed(judge(op, times)))
        return signalPassFailure();
    if (llvm::Error error = times.save())
      remarkMissed(getOperation(), kPass,
                   "times are not kept: " + llvm::toString(std::move(error)));
  }

private:
  void miss(Operation *op, StringRef reason) {
    ++numMissed;
    remarkMissed(op, kPass, reason);
  }

  FailureOr<bool> isTargetHost() {
    FailureOr<TargetAttr> host = makeTarget(
        &getContext(), {}, [&] { return getOperation().emitError(); });
    if (failed(host))
      return failure();
    target = *host;
    TargetAttr wanted = findTarget(getOperation());
    if (!wanted || wanted == target)
      return true;
    if (gate == FactorGate::Measure) {
      getOperation().emitError()
          << kPass << ": gate=measure asks for times of " << wanted.getCpu()
          << ", and this machine is a " << target.getCpu()
          << "; take gate=estimate, or measure there";
      return failure();
    }
    return false;
  }

  /// Takes the request of a layer away if it does not pay.
  LogicalResult judge(linalg::LinalgOp op, TimeCache &times) {
    FailureOr<std::optional<FactorRequest>> request = FactorRequest::read(op);
    if (failed(request))
      return failure();
    llvm::Expected<TrialTimes> took = measure(op, **request, times);
    if (!took) {
      miss(op, "cannot be measured, the estimate stands: " +
                   llvm::toString(took.takeError()));
      return success();
    }
    std::string text =
        llvm::formatv(
            "{0} takes {1:f2} us, the layer {2:f2} us (measured, {3})",
            describe((*request)->method, (*request)->ranks), took->after / 1e3,
            took->before / 1e3, getPrecision())
            .str();
    if (took->after < kFaster * took->before) {
      ++numKept;
      remarkPassed(op, kPass, text);
      return success();
    }
    ++numRefused;
    op->removeAttr(kFactorizeAttr);
    remarkMissed(op, kPass, text);
    noteRefusal(op, "factorize", text);
    return success();
  }

  StringRef getPrecision() const {
    return precision == CompiledPrecision::Int8 ? "int8" : "f32";
  }

  llvm::Expected<TrialTimes>
  measure(linalg::LinalgOp op, const FactorRequest &request, TimeCache &times) {
    std::optional<LayerUnit> unit = findLayerUnit(op);
    if (!unit)
      return llvm::createStringError("it cannot be cut out of the network");
    llvm::Expected<OwningOpRef<ModuleOp>> before = extractUnit(*unit, {});
    if (!before)
      return before.takeError();
    OwningOpRef<ModuleOp> after = (*before)->clone();
    std::string reason;
    if (failed(replaceByFactors(*after, request, reason)))
      return llvm::createStringError(reason);
    FailureOr<FactorLayer> layer = FactorLayer::get(op, reason);
    if (failed(layer))
      return llvm::createStringError(reason);
    findRequested(**before).front()->removeAttr(kFactorizeAttr);

    std::string form;
    llvm::raw_string_ostream os(form);
    os << target << getPrecision();
    describeForm(**before, os);
    describeForm(*after, os);
    describeZeros(*layer, os);
    std::string key = llvm::utohexstr(llvm::xxh3_64bits(form));
    if (std::optional<TrialTimes> known = times.find(key))
      return *known;

    TrialTimes took;
    if (llvm::Error error = run(**before, *after, took))
      return error;
    ++numMeasured;
    std::string what;
    llvm::raw_string_ostream(what)
        << unit->source.getType() << " by weights of "
        << layer->weight->get().getType() << ", "
        << describe(request.method, request.ranks) << ", " << getPrecision()
        << ", " << target.getCpu();
    times.add(key, what, took);
    return took;
  }

  llvm::Error run(ModuleOp before, ModuleOp after, TrialTimes &took) {
    auto compile = [&](ModuleOp module) -> llvm::Expected<CompiledModel> {
      if (precision == CompiledPrecision::Int8) {
        giveRanges(module);
        if (failed(runOnCopy(module, builders.change)))
          return llvm::createStringError("the layer cannot be quantized");
      }
      return builders.compile(module, "layer", LLVMLevels());
    };
    llvm::Expected<CompiledModel> first = compile(before);
    if (!first)
      return first.takeError();
    llvm::Expected<CompiledModel> second = compile(after);
    if (!second)
      return second.takeError();
    took = TrialTimes::measure(*first, *second);
    return llvm::Error::success();
  }

  TrialBuilders builders;
  TargetAttr target;
};
} // namespace

std::unique_ptr<Pass>
nnq::createMeasureFactors(const MeasureFactorsOptions &options,
                          PipelineBuilder quantization,
                          LoweringBuilder lowering) {
  return std::make_unique<MeasureFactors>(
      options, TrialBuilders{std::move(quantization), std::move(lowering)});
}

void nnq::registerNNQFactorizePasses(PipelineBuilder quantization,
                                     LoweringBuilder lowering) {
  registerPass([] { return createSelectRanks(); });
  registerPass([quantization, lowering] {
    return createMeasureFactors(MeasureFactorsOptions(), quantization,
                                lowering);
  });
  registerPass([] { return createFactorizeLayers(); });
}
