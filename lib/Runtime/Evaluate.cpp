//===- Evaluate.cpp - Results and times over a data set -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Runtime/Evaluate.h"

#include "llvm/ADT/STLExtras.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

using namespace nnq;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

Expected<Batches> Batches::create(const Signature &signature,
                                  std::vector<NumpyArray> inputs,
                                  int64_t batch) {
  Batches result;
  result.isDynamic = signature.hasDynamicBatch();
  if (batch && !result.isDynamic)
    return createStringError("the batch of '%s' is not dynamic (--batch)",
                             signature.entry.c_str());
  batch = std::max<int64_t>(batch, 1);
  if (inputs.size() != signature.inputs.size())
    return createStringError("the network takes %zu inputs, %zu are given",
                             signature.inputs.size(), inputs.size());
  for (auto [i, array] : llvm::enumerate(inputs)) {
    const TensorSignature &tensor = signature.inputs[i];
    std::string what =
        "input " + std::to_string(i) + " of '" + signature.entry + "'";
    if (Error error = array.checkMatches(tensor, what))
      return error;
    if (Error error = array.checkFinite())
      return error;
    int64_t size = tensor.getShape(batch).front();
    if (i == 0) {
      result.batch = size;
      result.samples = array.getNumSamples();
    }
    if (size != result.batch || tensor.hasDynamicBatch() != result.isDynamic)
      return createStringError("the inputs of '%s' have different batch sizes",
                               signature.entry.c_str());
    if (array.getNumSamples() != result.samples)
      return createStringError(
          "%s has %lld samples, %s has %lld", inputs[0].name().c_str(),
          static_cast<long long>(result.samples), array.name().c_str(),
          static_cast<long long>(array.getNumSamples()));
  }
  if (inputs.empty()) {
    // A constant network: one run says all.
    result.samples = 1;
    result.pointers.emplace_back();
    return result;
  }

  int64_t full = result.samples / result.batch;
  int64_t rest = result.samples % result.batch;
  result.pointers.resize(full + (rest ? 1 : 0));
  for (const NumpyArray &array : inputs) {
    for (int64_t i = 0; i < full; ++i)
      result.pointers[i].push_back(
          array.getSamples(i * result.batch, result.batch).data());
    if (!rest)
      continue;
    ArrayRef<char> tail = array.getSamples(full * result.batch, rest);
    if (result.isDynamic) {
      result.pointers[full].push_back(tail.data());
      continue;
    }
    std::vector<char> last(tail.size() / rest * result.batch);
    llvm::copy(tail, last.begin());
    result.padded.push_back(std::move(last));
    result.pointers[full].push_back(result.padded.back().data());
  }
  result.arrays = std::move(inputs);
  return result;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {
/// One set of buffers for the outputs of a batch.
struct OutputBuffers {
  OutputBuffers(const Signature &signature, const Batches &batches) {
    for (const TensorSignature &tensor : signature.outputs)
      buffers.emplace_back(tensor.getNumBytes(batches.getBatchSize()));
    for (std::vector<char> &buffer : buffers)
      pointers.push_back(buffer.data());
  }

  std::vector<std::vector<char>> buffers;
  std::vector<void *> pointers;
};
} // namespace

std::vector<NumpyArray> nnq::runAll(CompiledModel &model,
                                    const Batches &batches) {
  const Signature &signature = model.signature();
  OutputBuffers out(signature, batches);
  std::vector<std::vector<char>> all(signature.outputs.size());
  for (int64_t i = 0, e = batches.getNumBatches(); i < e; ++i) {
    int64_t batch = batches.getBatchSize(i);
    model.run(batches[i], out.pointers, batch);
    for (auto [joined, buffer, tensor] :
         llvm::zip(all, out.buffers, signature.outputs))
      joined.insert(joined.end(), buffer.begin(),
                    buffer.begin() + tensor.getNumBytes(batch));
  }

  std::vector<NumpyArray> results;
  for (auto [i, tensor] : llvm::enumerate(signature.outputs)) {
    llvm::SmallVector<int64_t> shape = tensor.getShape(batches.getBatchSize());
    if (shape.empty())
      shape.push_back(1);
    // What was filled up goes.
    bool isBatched = signature.hasDynamicBatch()
                         ? tensor.hasDynamicBatch()
                         : shape.front() == batches.getBatchSize();
    if (isBatched) {
      shape.front() = batches.getNumSamples();
      all[i].resize(TensorSignature{shape, tensor.dtype}.getNumBytes());
    } else {
      shape.front() *= batches.getNumBatches();
    }
    results.push_back(NumpyArray::make("output " + std::to_string(i) + " of '" +
                                           signature.entry + "'",
                                       tensor.dtype, shape, std::move(all[i])));
  }
  return results;
}

double nnq::runOnce(CompiledModel &model, const Batches &batches) {
  using Clock = std::chrono::steady_clock;
  OutputBuffers out(model.signature(), batches);
  Clock::time_point start = Clock::now();
  model.run(batches[0], out.pointers, batches.getBatchSize(0));
  return std::chrono::duration<double, std::milli>(Clock::now() - start)
      .count();
}

namespace {
/// Ticks a microsecond, since it was made, of the clock that profiles read.
struct Rate {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  uint64_t first = readTicks();

  static uint64_t readTicks() {
#if defined(__x86_64__)
    return __builtin_readcyclecounter();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;
#endif
  }

  double read() const {
    auto passed = static_cast<double>(readTicks() - first);
    return passed /
           std::chrono::duration<double, std::micro>(Clock::now() - start)
               .count();
  }
};
} // namespace

Timing nnq::measure(CompiledModel &model, const Batches &batches,
                    unsigned repeat, unsigned warmup) {
  using Clock = std::chrono::steady_clock;
  using Microseconds = std::chrono::duration<double, std::micro>;
  constexpr double target = 20e3;
  OutputBuffers out(model.signature(), batches);
  // Times of a batch count whole ones.
  int64_t count =
      std::max<int64_t>(1, batches.getNumSamples() / batches.getBatchSize());
  int64_t next = 0;
  auto run = [&](int64_t calls) {
    Clock::time_point start = Clock::now();
    for (int64_t i = 0; i < calls; ++i) {
      model.run(batches[next], out.pointers, batches.getBatchSize(next));
      next = next + 1 == count ? 0 : next + 1;
    }
    return Microseconds(Clock::now() - start).count();
  };

  // Warming up also tells how many calls make a repetition. A slow network
  // does not see the data more often than that takes.
  double perCall = run(1);
  for (unsigned i = 0; i < warmup; ++i) {
    int64_t calls = std::min<int64_t>(
        count, std::max<int64_t>(1, static_cast<int64_t>(
                                        10 * target / std::max(perCall, .1))));
    perCall = run(calls) / static_cast<double>(calls);
  }
  auto calls = std::max<int64_t>(
      1, static_cast<int64_t>(target / std::max(perCall, .01)));
  std::vector<double> times;
  times.reserve(repeat);
  double samples =
      static_cast<double>(calls) * static_cast<double>(batches.getBatchSize(0));
  Timing timing;
  Rate rate;
  std::vector<int64_t> fastest;
  for (unsigned i = 0; i < repeat; ++i) {
    llvm::fill(model.ticks(), 0);
    times.push_back(run(calls) / samples);
    if (times.back() <= *llvm::min_element(times))
      fastest.assign(model.ticks().begin(), model.ticks().end());
  }
  double perMicrosecond = rate.read();
  for (int64_t ticks : fastest)
    timing.layers.push_back(static_cast<double>(ticks) / perMicrosecond /
                            samples);
  llvm::sort(times);
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  timing.min = times.front();
  timing.median = median;
  return timing;
}

//===----------------------------------------------------------------------===//
// Judging
//===----------------------------------------------------------------------===//

/// Position of the largest score of each sample; the first one if equal.
static std::vector<int64_t> getTop1(const NumpyArray &scores) {
  std::vector<double> values = scores.toDoubles();
  size_t classes = values.size() / scores.getNumSamples();
  std::vector<int64_t> result;
  for (auto it = values.begin(); it != values.end(); it += classes)
    result.push_back(std::max_element(it, it + classes) - it);
  return result;
}

static double getShareEqual(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  size_t equal = 0;
  for (auto [x, y] : llvm::zip_equal(a, b))
    equal += x == y;
  return static_cast<double>(equal) / static_cast<double>(a.size());
}

Expected<double> nnq::getAccuracy(const NumpyArray &scores,
                                  const NumpyArray &labels) {
  Expected<std::vector<int64_t>> classes = labels.toIntegers();
  if (!classes)
    return classes.takeError();
  if (static_cast<int64_t>(classes->size()) != scores.getNumSamples())
    return createStringError(labels.name() + ": is " + labels.str() + ", but " +
                             scores.name() + " is " + scores.str() +
                             ": there must be one label a sample");
  int64_t count = scores.getNumElements() / scores.getNumSamples();
  for (auto [i, label] : llvm::enumerate(*classes))
    if (label < 0 || label >= count)
      return createStringError(
          labels.name() + ": label " + std::to_string(label) + " of sample " +
          std::to_string(i) + " is none of the " + std::to_string(count) +
          " classes of " + scores.name());
  return getShareEqual(getTop1(scores), *classes);
}

Expected<Comparison> nnq::compare(ArrayRef<NumpyArray> reference,
                                  ArrayRef<NumpyArray> other) {
  if (reference.size() != other.size())
    return createStringError("there are %zu outputs to compare with %zu",
                             reference.size(), other.size());
  Comparison result;
  double signal = 0;
  double noise = 0;
  for (auto [a, b] : llvm::zip(reference, other)) {
    if (a.shape() != b.shape())
      return createStringError(a.name() + " is " + a.str() + ", but " +
                               b.name() + " is " + b.str());
    std::vector<double> x = a.toDoubles();
    std::vector<double> y = b.toDoubles();
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i]) != std::isnan(y[i]))
        return createStringError((std::isnan(x[i]) ? a : b).name() +
                                 " is NaN at element " + std::to_string(i) +
                                 ", the other is not");
      // Equal infinities are no difference.
      if (std::isnan(x[i]) || x[i] == y[i]) {
        signal += std::isfinite(x[i]) ? x[i] * x[i] : 0;
        continue;
      }
      double difference = x[i] - y[i];
      result.maxDiff = std::max(result.maxDiff, std::abs(difference));
      signal += x[i] * x[i];
      noise += difference * difference;
    }
  }
  result.sqnrDb = noise == 0 ? std::numeric_limits<double>::infinity()
                             : 10 * std::log10(signal / noise);
  if (!reference.empty() &&
      reference[0].getNumElements() > reference[0].getNumSamples())
    result.top1Agreement =
        getShareEqual(getTop1(reference[0]), getTop1(other[0]));
  return result;
}
