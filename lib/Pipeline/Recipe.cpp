//===- Recipe.cpp - Compression in several steps --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Pipeline/Recipe.h"
#include "nnq/Compress/Recipe/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

using namespace mlir;
using namespace nnq;
using llvm::createStringError;
using llvm::Expected;

namespace {
/// Walks the nodes of YAML, of which JSON is a part.
class RecipeParser {
public:
  RecipeParser(StringRef text, StringRef name) : name(name) {
    sources.setDiagHandler(
        [](const llvm::SMDiagnostic &diagnostic, void *context) {
          auto *its = static_cast<RecipeParser *>(context);
          if (its->broken.empty())
            its->broken =
                llvm::formatv("{0}:{1}: {2}", its->name, diagnostic.getLineNo(),
                              diagnostic.getMessage());
        },
        this);
    stream.emplace(text, sources);
  }

  Expected<std::vector<RecipeStep>> parse() {
    std::vector<RecipeStep> steps;
    llvm::yaml::document_iterator document = stream->begin();
    if (document == stream->end() || !document->getRoot())
      return fail(nullptr, "is no YAML");
    llvm::yaml::Node *root = document->getRoot();
    if (auto *map = dyn_cast<llvm::yaml::MappingNode>(root)) {
      root = nullptr;
      for (llvm::yaml::KeyValueNode &entry : *map) {
        Expected<std::string> key = getText(entry.getKey());
        if (!key)
          return key.takeError();
        if (*key != "steps" || root)
          return fail(entry.getKey(), "'" + *key +
                                          "' is no key of a recipe; "
                                          "there is 'steps'");
        root = entry.getValue();
        // The parser reads on as nodes are asked for.
        if (llvm::Error error = parseSteps(root, steps))
          return error;
      }
    } else if (llvm::Error error = parseSteps(root, steps)) {
      return error;
    }
    if (!broken.empty())
      return createStringError(broken);
    if (steps.empty())
      return fail(nullptr, "has no steps");
    return steps;
  }

private:
  llvm::Error fail(llvm::yaml::Node *node, const llvm::Twine &what) {
    if (!broken.empty())
      return createStringError(broken);
    if (!node)
      return createStringError("'" + name + "' " + what);
    unsigned line =
        sources.getLineAndColumn(node->getSourceRange().Start).first;
    return createStringError(name + ":" + llvm::Twine(line) + ": " + what);
  }

  Expected<std::string> getText(llvm::yaml::Node *node) {
    SmallString<64> storage;
    if (auto *scalar = dyn_cast_or_null<llvm::yaml::ScalarNode>(node))
      return scalar->getValue(storage).str();
    if (auto *block = dyn_cast_or_null<llvm::yaml::BlockScalarNode>(node))
      return block->getValue().str();
    return fail(node, "a text or a number is missing");
  }

  /// A list is what the command line writes with commas.
  Expected<std::string> getValue(llvm::yaml::Node *node) {
    auto *list = dyn_cast_or_null<llvm::yaml::SequenceNode>(node);
    if (!list)
      return getText(node);
    std::string joined;
    for (llvm::yaml::Node &each : *list) {
      Expected<std::string> text = getText(&each);
      if (!text)
        return text.takeError();
      joined += (joined.empty() ? "" : ",") + *text;
    }
    return joined;
  }

  llvm::Error parseSteps(llvm::yaml::Node *node,
                         std::vector<RecipeStep> &steps) {
    auto *list = dyn_cast_or_null<llvm::yaml::SequenceNode>(node);
    if (!list)
      return fail(node, "is no list of steps");
    for (llvm::yaml::Node &each : *list) {
      RecipeStep step;
      auto *map = dyn_cast<llvm::yaml::MappingNode>(&each);
      if (!map) {
        Expected<std::string> text = getText(&each);
        if (!text)
          return text.takeError();
        step.pipeline = *text;
        steps.push_back(std::move(step));
        continue;
      }
      for (llvm::yaml::KeyValueNode &entry : *map) {
        Expected<std::string> key = getText(entry.getKey());
        if (!key)
          return key.takeError();
        if (!step.pipeline.empty())
          return fail(entry.getKey(), "a step has one name; options of '" +
                                          step.pipeline +
                                          "' are indented further than it");
        step.pipeline = *key;
        if (llvm::Error error = parseOptions(entry.getValue(), step))
          return error;
      }
      steps.push_back(std::move(step));
    }
    return llvm::Error::success();
  }

  llvm::Error parseOptions(llvm::yaml::Node *node, RecipeStep &step) {
    if (!node || isa<llvm::yaml::NullNode>(node))
      return llvm::Error::success();
    auto *map = dyn_cast<llvm::yaml::MappingNode>(node);
    if (!map)
      return fail(node,
                  "options of '" + step.pipeline + "' are written NAME: VALUE");
    for (llvm::yaml::KeyValueNode &entry : *map) {
      Expected<std::string> key = getText(entry.getKey());
      if (!key)
        return key.takeError();
      Expected<std::string> value = getValue(entry.getValue());
      if (!value)
        return value.takeError();
      step.options.emplace_back(*key, *value);
    }
    return llvm::Error::success();
  }

  std::string name, broken;
  llvm::SourceMgr sources;
  std::optional<llvm::yaml::Stream> stream;
};

/// MLIR prints options but does not list them.
struct Access : public mlir::detail::PassOptions {
  static SmallVector<StringRef> getNames(const PassOptions &options) {
    const llvm::cl::SubCommand &command = options;
    SmallVector<StringRef> names;
    for (const auto &entry : command.OptionsMap)
      names.push_back(entry.first);
    llvm::sort(names);
    return names;
  }
};
} // namespace

Expected<std::vector<RecipeStep>> nnq::parseRecipe(StringRef text,
                                                   StringRef name) {
  return RecipeParser(text, name).parse();
}

static bool hasOption(const RecipeStep &step, StringRef name) {
  return llvm::any_of(step.options,
                      [&](const auto &option) { return option.first == name; });
}

/// What the recipe as a whole says counts where a step says nothing.
static void addDefaults(MutableArrayRef<RecipeStep> steps, size_t at,
                        ArrayRef<StringRef> known,
                        const RecipeOptions &options) {
  RecipeStep &step = steps[at];
  auto add = [&](StringRef name, const std::string &value) {
    if (llvm::is_contained(known, name) && !hasOption(step, name))
      step.options.emplace_back(name, value);
  };
  bool namesData = hasOption(step, "data") || hasOption(step, "statistics");
  if (!options.data.empty() && !namesData) {
    add("data", options.data);
    if (options.key != "x")
      add("key", options.key);
    if (options.samples)
      add("samples", std::to_string(options.samples));
    if (!options.labels.empty() &&
        (hasOption(step, "accuracy-drop") ||
         llvm::is_contained(step.options, std::pair<std::string, std::string>(
                                              "criterion", "loss"))))
      add("labels", options.labels);
  }
  if (llvm::any_of(steps.drop_front(at + 1), [](const RecipeStep &later) {
        return later.pipeline == "quantize-int8";
      }))
    for (StringRef name : {"gate-precision", "precision"})
      add(name, "int8");
}

static Expected<std::string> writeOptions(const RecipeStep &step) {
  std::string text;
  for (const auto &[name, value] : step.options) {
    text += (text.empty() ? "" : " ") + name + "=";
    if (StringRef(value).find_first_of(" \t'\"{}") == StringRef::npos) {
      text += value;
      continue;
    }
    if (StringRef(value).find_first_of("'{}") != StringRef::npos)
      return createStringError("option " + name + " of '" + step.pipeline +
                               "': braces and quotes cannot be passed on");
    text += "'" + value + "'";
  }
  return text;
}

LogicalResult nnq::buildRecipePipeline(
    OpPassManager &pm, const RecipeOptions &options,
    function_ref<LogicalResult(const llvm::Twine &)> emitError) {
  if (options.file.empty())
    return emitError("'recipe' needs file=FILE, a list of steps");
  auto file = llvm::MemoryBuffer::getFile(options.file);
  if (!file)
    return emitError("cannot read recipe '" + options.file +
                     "': " + file.getError().message());
  Expected<std::vector<RecipeStep>> steps =
      parseRecipe((*file)->getBuffer(), options.file);
  if (!steps)
    return emitError("recipe " + llvm::toString(steps.takeError()));

  std::vector<Pipeline> pipelines = getPipelines();
  llvm::erase_if(pipelines, [](const Pipeline &each) { return !each.isStep; });
  auto list = [](auto names) { return llvm::join(names, ", "); };
  auto check = [&](const std::string &step, bool isLast) {
    CheckInvariantsOptions invariants;
    invariants.step = step;
    invariants.last = isLast;
    pm.addPass(createCheckInvariants(invariants));
  };
  // Layers are known by what import calls them.
  buildImportPipeline(pm);
  check("", /*isLast=*/false);
  for (size_t i = 0; i < steps->size(); ++i) {
    RecipeStep &step = (*steps)[i];
    std::string place =
        llvm::formatv("recipe {0}, step {1}: ", options.file, i + 1);
    auto pipeline = llvm::find_if(pipelines, [&](const Pipeline &each) {
      return each.name == step.pipeline;
    });
    if (pipeline == pipelines.end())
      return emitError(place + "there is no step '" + step.pipeline +
                       "'; there are: " +
                       list(llvm::map_range(pipelines, [](const auto &each) {
                         return each.name;
                       })));
    SmallVector<StringRef> known;
    pipeline->visitOptions([&](const mlir::detail::PassOptions &its) {
      known = Access::getNames(its);
      for (const auto &option : step.options)
        if (!llvm::is_contained(known, option.first)) {
          known.clear();
          (void)emitError(place + "'" + step.pipeline + "' has no option '" +
                          option.first +
                          "'; it has: " + list(Access::getNames(its)));
          return;
        }
    });
    if (known.empty())
      return failure();
    addDefaults(*steps, i, known, options);
    Expected<std::string> text = writeOptions(step);
    if (!text)
      return emitError(place + llvm::toString(text.takeError()));
    auto emitAt = [&](const llvm::Twine &message) {
      return emitError(place + message);
    };
    if (failed(pipeline->build(pm, *text, emitAt)))
      return failure();
    check(step.pipeline, /*isLast=*/i + 1 == steps->size());
  }
  return success();
}
