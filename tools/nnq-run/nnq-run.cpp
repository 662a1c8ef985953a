//===- nnq-run.cpp - Results, accuracy and time of a network --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "mlir/IR/MLIRContext.h"
#include "nnq/InitAll.h"
#include "nnq/Pipeline/Driver.h"
#include "nnq/Runtime/Evaluate.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace nnq;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

static constexpr StringLiteral kProgram = "nnq-run";

namespace {
struct Options {
  llvm::cl::opt<std::string> input{
      llvm::cl::Positional, llvm::cl::desc("<network: MLIR, bytecode or .so>"),
      llvm::cl::Required};
  llvm::cl::opt<std::string> data{
      "data", llvm::cl::desc("Samples: .npy or .npz, first dimension first"),
      llvm::cl::value_desc("file"), llvm::cl::Required};
  llvm::cl::list<std::string> inputKeys{
      "input-key", llvm::cl::CommaSeparated,
      llvm::cl::desc("Names of the inputs in a .npz (default: those of the "
                     "network, else x, or x0,x1,... if there are several)"),
      llvm::cl::value_desc("name,...")};
  llvm::cl::opt<std::string> labelsKey{
      "labels-key",
      llvm::cl::desc("Name of the labels in a .npz (default: y, if present)"),
      llvm::cl::value_desc("name"), llvm::cl::init("y")};
  llvm::cl::opt<std::string> output{
      "output", llvm::cl::desc("Write the outputs: .npz or .npy"),
      llvm::cl::value_desc("file"), llvm::cl::init("")};
  llvm::cl::opt<std::string> compare{
      "compare",
      llvm::cl::desc("Compare with another network, or with outputs in a .npy "
                     "or .npz"),
      llvm::cl::value_desc("file"), llvm::cl::init("")};
  llvm::cl::list<std::string> compareKeys{
      "compare-key", llvm::cl::CommaSeparated,
      llvm::cl::desc("Names of the outputs in the .npz to compare with "
                     "(default: as --output writes them)"),
      llvm::cl::value_desc("name,...")};
  llvm::cl::opt<bool> compareReference{
      "compare-reference",
      llvm::cl::desc("Lower the network that --compare names by upstream "
                     "passes alone"),
      llvm::cl::init(false)};
  llvm::cl::opt<double> maxDiff{
      "max-diff",
      llvm::cl::desc("Fail if an output differs by more from that of "
                     "--compare"),
      llvm::cl::init(-1)};
  llvm::cl::opt<unsigned> repeat{
      "repeat", llvm::cl::desc("Repetitions of the measurement; 0: none"),
      llvm::cl::init(15)};
  llvm::cl::opt<unsigned> warmup{
      "warmup", llvm::cl::desc("Runs over the data before the measurement"),
      llvm::cl::init(1)};
  llvm::cl::opt<int64_t> batch{
      "batch",
      llvm::cl::desc("Samples of a run, if the batch is dynamic (default: 1)"),
      llvm::cl::value_desc("number"), llvm::cl::init(0)};
  llvm::cl::opt<std::string> entry{
      "entry", llvm::cl::desc("Entry point, if there are several"),
      llvm::cl::value_desc("name"), llvm::cl::init("")};
  llvm::cl::opt<bool> json{"json", llvm::cl::desc("Write JSON"),
                           llvm::cl::init(false)};
  llvm::cl::opt<std::string> report{
      "report", llvm::cl::desc("Write JSON into a file, too"),
      llvm::cl::value_desc("file"), llvm::cl::init("")};
  llvm::cl::opt<double> peakInt8{
      "peak-int8",
      llvm::cl::desc("With --profile: 10^9 multiply-adds in int8 that the "
                     "machine does in a second"),
      llvm::cl::value_desc("number"), llvm::cl::init(0)};
  llvm::cl::opt<double> peakF32{"peak-f32", llvm::cl::desc("The same in f32"),
                                llvm::cl::value_desc("number"),
                                llvm::cl::init(0)};
  LoweringCommandLine lowering;
};
} // namespace

/// A library if it looks like one, else MLIR to be compiled here.
static Expected<CompiledModel> loadModel(MLIRContext &context, StringRef path,
                                         const Options &options,
                                         bool reference) {
  llvm::file_magic magic;
  if (std::error_code error = llvm::identify_magic(path, magic))
    return llvm::createFileError(path, error);
  if (magic.is_object())
    return CompiledModel::load(path, options.entry);
  OwningOpRef<ModuleOp> module =
      loadAndLower(context, path, options.lowering, reference);
  if (!module)
    return alreadyReported();
  Expected<CompiledModel> model =
      CompiledModel::jit(*module, {}, options.entry);
  if (!model)
    return createStringError(path + ": " + llvm::toString(model.takeError()));
  return model;
}

/// `name`, or `name`0, `name`1, ... for `count` arrays.
static std::string numberKey(StringRef name, size_t index, size_t count) {
  return count == 1 ? name.str() : (name + llvm::Twine(index)).str();
}

/// `given`, or what the network calls the arrays if the file has them all, or
/// numbers of `name`.
static Expected<std::vector<std::string>>
getKeys(const llvm::cl::list<std::string> &given, const NumpyFile &file,
        ArrayRef<TensorSignature> tensors, StringRef name) {
  if (!given.empty() && given.size() != tensors.size())
    return createStringError("--%s names %zu arrays, the network has %zu",
                             given.ArgStr.str().c_str(), given.size(),
                             tensors.size());
  if (!given.empty())
    return std::vector<std::string>(given.begin(), given.end());
  bool hasNames = llvm::all_of(tensors, [&](const TensorSignature &tensor) {
    return !tensor.name.empty() && file.contains(tensor.name);
  });
  std::vector<std::string> keys;
  for (size_t i = 0; i < tensors.size(); ++i)
    keys.push_back(hasNames ? tensors[i].name
                            : numberKey(name, i, tensors.size()));
  return keys;
}

static Expected<std::vector<NumpyArray>>
readArrays(const NumpyFile &file, ArrayRef<std::string> keys, StringRef what) {
  if (!file.isArchive() && keys.size() != 1)
    return createStringError(
        file.path() + " holds one array, the network has " +
        std::to_string(keys.size()) + " " + what + "; use .npz");
  std::vector<NumpyArray> arrays;
  for (const std::string &key : keys) {
    Expected<NumpyArray> array = file.read(key);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

static Expected<Batches> readBatches(const NumpyFile &file,
                                     const Signature &signature,
                                     const Options &options, int64_t batch) {
  auto keys = getKeys(options.inputKeys, file, signature.inputs, "x");
  if (!keys)
    return keys.takeError();
  auto arrays = readArrays(file, *keys, "inputs");
  if (!arrays)
    return arrays.takeError();
  return Batches::create(signature, std::move(*arrays), batch);
}

static Expected<std::vector<NumpyArray>> getOther(MLIRContext &context,
                                                  const NumpyFile &data,
                                                  const Signature &signature,
                                                  const Options &options) {
  StringRef path = options.compare;
  if (path.ends_with(".npy") || path.ends_with(".npz")) {
    auto file = NumpyFile::open(path);
    if (!file)
      return file.takeError();
    auto keys =
        getKeys(options.compareKeys, *file, signature.outputs, "output");
    if (!keys)
      return keys.takeError();
    return readArrays(*file, *keys, "outputs");
  }
  auto model =
      loadModel(context, path, options,
                options.lowering.reference || options.compareReference);
  if (!model)
    return model.takeError();
  int64_t batch = model->signature().hasDynamicBatch() ? options.batch : 0;
  auto batches = readBatches(data, model->signature(), options, batch);
  if (!batches)
    return batches.takeError();
  return runAll(*model, *batches);
}

/// By the names of the network if it names all.
static Error writeOutputs(StringRef path, ArrayRef<TensorSignature> tensors,
                          ArrayRef<NumpyArray> outputs) {
  llvm::StringSet<> names;
  for (const TensorSignature &tensor : tensors)
    if (!tensor.name.empty())
      names.insert(tensor.name);
  std::vector<std::pair<std::string, NumpyArray>> named;
  for (auto [i, array] : llvm::enumerate(outputs))
    named.emplace_back(names.size() == outputs.size()
                           ? tensors[i].name
                           : numberKey("output", i, outputs.size()),
                       array);
  return writeNumpyFile(path, named);
}

static Error run(const Options &options) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);

  if (options.batch.getNumOccurrences() && options.batch < 1)
    return createStringError("--batch=%lld is no number of samples",
                             static_cast<long long>(options.batch));
  // The data first: it is the faster one to be wrong.
  Expected<NumpyFile> data = NumpyFile::open(options.data);
  if (!data)
    return data.takeError();
  Expected<CompiledModel> model =
      loadModel(context, options.input, options, options.lowering.reference);
  if (!model)
    return model.takeError();
  if (options.lowering.profile && model->ticks().empty())
    return createStringError(options.input +
                             " counts no time; compile it with --profile");
  Expected<Batches> batches =
      readBatches(*data, model->signature(), options, options.batch);
  if (!batches)
    return batches.takeError();

  Report report;
  report.inputs = model->signature().inputs;
  report.outputs = model->signature().outputs;
  report.samples = batches->getNumSamples();
  report.weightBytes = model->signature().weights;
  report.libraryBytes = model->codeBytes();
  report.loadMs = model->loadMs();
  report.firstInferenceMs = report.loadMs + runOnce(*model, *batches);

  std::vector<NumpyArray> outputs = runAll(*model, *batches);
  if (data->contains(options.labelsKey)) {
    Expected<NumpyArray> labels = data->read(options.labelsKey);
    if (!labels)
      return labels.takeError();
    if (outputs.empty())
      return createStringError(
          "the network has no output to be right or wrong");
    Expected<double> accuracy = getAccuracy(outputs[0], *labels);
    if (!accuracy)
      return accuracy.takeError();
    report.accuracy = *accuracy;
  } else if (options.labelsKey.getNumOccurrences()) {
    return data->read(options.labelsKey).takeError();
  }
  if (!options.compare.empty()) {
    auto other = getOther(context, *data, model->signature(), options);
    if (!other)
      return other.takeError();
    Expected<Comparison> comparison = compare(outputs, *other);
    if (!comparison)
      return comparison.takeError();
    report.comparison = *comparison;
  }
  if (options.repeat)
    report.timing = measure(*model, *batches, options.repeat, options.warmup);
  if (options.lowering.profile) {
    if (!report.timing)
      return createStringError("--profile needs --repeat of 1 or more");
    report.layers =
        getLayerTimes(model->signature(), batches->getBatchSize(),
                      *report.timing, {options.peakInt8, options.peakF32});
  }

  if (!options.output.empty())
    if (Error error =
            writeOutputs(options.output, model->signature().outputs, outputs))
      return error;
  if (!options.report.empty())
    if (Error error =
            llvm::writeToOutput(options.report, [&](llvm::raw_ostream &os) {
              printJSON(os, report);
              return Error::success();
            }))
      return error;
  if (options.json)
    printJSON(llvm::outs(), report);
  else
    printTable(llvm::outs(), report);
  llvm::outs().flush();
  if (options.maxDiff >= 0) {
    if (!report.comparison)
      return createStringError("--max-diff needs --compare");
    if (report.comparison->maxDiff > options.maxDiff)
      return createStringError("outputs differ by %g, more than --max-diff=%g",
                               report.comparison->maxDiff,
                               options.maxDiff.getValue());
  }
  return Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerAllPasses();
  hideRegisteredOptions();
  Options options;
  std::string pipelines = describePipelinesForHelp();
  llvm::cl::extrahelp help(pipelines);
  llvm::cl::ParseCommandLineOptions(
      argc, argv, "nnq-run: results, accuracy and time of a network\n");
  if (Error error = run(options))
    return reportError(kProgram, std::move(error));
  return 0;
}
