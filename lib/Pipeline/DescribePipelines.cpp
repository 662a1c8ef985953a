//===- DescribePipelines.cpp - Pipelines with their options ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Pass/PassOptions.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"
#include "nnq/Compress/Prune/PruneOptions.h"
#include "nnq/Compress/Quantize/QuantizeOptions.h"
#include "nnq/Pipeline/Pipelines.h"

using namespace mlir;
using namespace nnq;
using mlir::detail::PassOptions;

namespace {
/// MLIR prints options but does not list them.
struct Access : public PassOptions {
  static const auto &getOptions(const PassOptions &options) {
    const llvm::cl::SubCommand &command = options;
    return command.OptionsMap;
  }
};
} // namespace

template <typename T>
static bool describeAs(const llvm::cl::Option &option, StringRef type,
                       llvm::json::Object &json) {
  auto *typed = dynamic_cast<const PassOptions::Option<T> *>(&option);
  if (!typed)
    return false;
  json["type"] = type;
  json["default"] = typed->getValue();
  return true;
}

template <typename T>
static bool describeEnum(llvm::cl::Option &option, llvm::json::Object &json) {
  auto *typed = dynamic_cast<PassOptions::Option<T> *>(&option);
  if (!typed)
    return false;
  json["type"] = "enum";
  llvm::json::Array values;
  auto &parser = typed->getParser();
  for (unsigned i = 0; i < parser.getNumOptions(); ++i)
    values.push_back(parser.getOption(i));
  json["values"] = std::move(values);
  if (std::optional<StringRef> value =
          parser.findArgStrForValue(typed->getValue()))
    json["default"] = *value;
  return true;
}

/// Other types have no type in the list, which a test would tell.
static llvm::json::Object describe(llvm::cl::Option &option) {
  llvm::json::Object json{{"name", option.ArgStr},
                          {"description", option.HelpStr}};
  (void)(describeAs<bool>(option, "bool", json) ||
         describeAs<std::string>(option, "string", json) ||
         describeAs<unsigned>(option, "integer", json) ||
         describeAs<int64_t>(option, "integer", json) ||
         describeAs<double>(option, "number", json) ||
         describeEnum<QuantScheme>(option, json) ||
         describeEnum<ActivationGranularity>(option, json) ||
         describeEnum<WeightGranularity>(option, json) ||
         describeEnum<WeightRange>(option, json) ||
         describeEnum<WeightCalibration>(option, json) ||
         describeEnum<WeightRounding>(option, json) ||
         describeEnum<WeightRangeChoice>(option, json) ||
         describeEnum<ProductPrecision>(option, json) ||
         describeEnum<NormPrecision>(option, json) ||
         describeEnum<ForeignQuantization>(option, json) ||
         describeEnum<ComputePrecision>(option, json) ||
         describeEnum<CalibrationMethod>(option, json) ||
         describeEnum<Requantization>(option, json) ||
         describeEnum<CodeObjective>(option, json) ||
         describeEnum<BlockCriterion>(option, json) ||
         describeEnum<BlockFit>(option, json) ||
         describeEnum<ChannelCriterion>(option, json) ||
         describeEnum<PruneRanking>(option, json) ||
         describeEnum<WeightCriterion>(option, json) ||
         describeEnum<PruneScope>(option, json) ||
         describeEnum<FactorMethod>(option, json) ||
         describeEnum<FactorObjective>(option, json) ||
         describeEnum<FactorGate>(option, json) ||
         describeEnum<CompiledPrecision>(option, json));
  return json;
}

static llvm::json::Array describe(const PassOptions &options) {
  SmallVector<llvm::cl::Option *> sorted;
  for (const auto &entry : Access::getOptions(options))
    sorted.push_back(entry.second);
  llvm::sort(sorted, [](auto *a, auto *b) { return a->ArgStr < b->ArgStr; });
  llvm::json::Array result;
  for (llvm::cl::Option *option : sorted)
    result.push_back(describe(*option));
  return result;
}

llvm::json::Array nnq::describePipelines() {
  llvm::json::Array pipelines;
  for (const Pipeline &pipeline : getPipelines())
    pipeline.visitOptions([&](const PassOptions &options) {
      pipelines.push_back(
          llvm::json::Object{{"name", pipeline.name},
                             {"description", pipeline.description},
                             {"step", pipeline.isStep},
                             {"options", describe(options)}});
    });
  return pipelines;
}
