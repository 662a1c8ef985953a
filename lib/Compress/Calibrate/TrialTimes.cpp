//===- TrialTimes.cpp - Which of two networks is faster -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/TrialTimes.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Target/OutputFile.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <limits>

using namespace mlir;
using namespace nnq;

namespace {
/// A network with something to multiply.
class Runner {
public:
  explicit Runner(CompiledModel &model)
      : model(model), inputs(model.signature().inputs),
        outputs(model.signature().outputs) {
    for (auto [tensor, bytes] :
         llvm::zip_equal(model.signature().inputs, inputs.bytes))
      if (tensor.dtype == DType::F32)
        for (size_t i = 0; i < bytes.size() / sizeof(float); ++i)
          reinterpret_cast<float *>(bytes.data())[i] =
              static_cast<float>(i * 37 % 61) / 30 - 1;
    pointers.assign(inputs.pointers.begin(), inputs.pointers.end());
  }

  /// Nanoseconds of each of `calls` calls.
  double time(int64_t calls) {
    auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < calls; ++i)
      model.run(pointers, outputs.pointers);
    std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - start;
    return took.count() / calls;
  }

private:
  CompiledModel &model;
  Buffers inputs, outputs;
  SmallVector<const void *> pointers;
};
} // namespace

TrialTimes TrialTimes::measure(CompiledModel &before, CompiledModel &after) {
  // Long for the clock, short for what interrupts.
  constexpr double kTurn = 2e5;
  constexpr double kLongest = 1e8;
  constexpr int kLeastTurns = 5, kMostTurns = 60;
  Runner first(before), second(after);
  // The first calls also warm up.
  double slowest = std::max(first.time(2), second.time(2));
  auto calls = static_cast<int64_t>(std::max(1.0, kTurn / slowest));
  TrialTimes best{std::numeric_limits<double>::infinity(),
                  std::numeric_limits<double>::infinity()};
  double spent = 0;
  for (int turn = 0;
       turn < kMostTurns && (turn < kLeastTurns || spent < kLongest); ++turn) {
    double one = first.time(calls), other = second.time(calls);
    best.before = std::min(best.before, one);
    best.after = std::min(best.after, other);
    spent += calls * (one + other);
  }
  return best;
}

static constexpr StringLiteral kCompiler =
    "nnq " NNQ_VERSION ", LLVM " LLVM_VERSION_STRING;

TimeCache::TimeCache(StringRef given) : path(given.str()) {
  SmallString<128> folder;
  if (path.empty() && llvm::sys::path::cache_directory(folder)) {
    llvm::sys::path::append(folder, "nnq", "times.json");
    path = folder.str().str();
  }
  if (path == "none")
    path.clear();
  known = read();
}

/// A file that is not one of this compiler counts for nothing, and will be
/// replaced.
TimeCache::Entries TimeCache::read() const {
  Entries entries;
  if (path.empty())
    return entries;
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return entries;
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*file)->getBuffer());
  if (!json) {
    llvm::consumeError(json.takeError());
    return entries;
  }
  const llvm::json::Object *root = json->getAsObject();
  if (!root || root->getString("compiler") != kCompiler)
    return entries;
  const llvm::json::Object *times = root->getObject("times");
  if (!times)
    return entries;
  for (const auto &[key, value] : *times) {
    const llvm::json::Object *entry = value.getAsObject();
    auto what = entry ? entry->getString("what") : std::nullopt;
    auto before = entry ? entry->getNumber("before_ns") : std::nullopt;
    auto after = entry ? entry->getNumber("after_ns") : std::nullopt;
    if (what && before && after && *before > 0 && *after > 0)
      entries[key.str()] = {what->str(), {*before, *after}};
  }
  return entries;
}

std::optional<TrialTimes> TimeCache::find(StringRef key) const {
  auto it = known.find(key.str());
  if (it == known.end())
    return std::nullopt;
  return it->second.times;
}

void TimeCache::add(StringRef key, StringRef what, TrialTimes times) {
  known[key.str()] = added[key.str()] = {what.str(), times};
}

llvm::Error TimeCache::save() {
  if (path.empty() || added.empty())
    return llvm::Error::success();
  if (std::error_code error =
          llvm::sys::fs::create_directories(llvm::sys::path::parent_path(path)))
    return llvm::createStringError(path + ": " + error.message());
  // Others may have written in the meantime.
  Entries all = read();
  for (const auto &[key, entry] : added)
    all[key] = entry;
  llvm::json::Object times;
  for (const auto &[key, entry] : all)
    times[key] = llvm::json::Object{{"what", entry.what},
                                    {"before_ns", entry.times.before},
                                    {"after_ns", entry.times.after}};
  llvm::json::Value root =
      llvm::json::Object{{"compiler", kCompiler}, {"times", std::move(times)}};
  added.clear();
  return writeFile(path, llvm::formatv("{0:2}\n", root).str());
}
