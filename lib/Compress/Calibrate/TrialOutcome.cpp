//===- TrialOutcome.cpp - What a network gives on samples -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/TrialOutcome.h"
#include "nnq/Runtime/NumpyFile.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

llvm::Expected<Outcome> Outcome::run(ModuleOp module, CompiledModel &model,
                                     CalibrationData &data, StringRef title) {
  const std::vector<TensorSignature> &outputs = model.signature().outputs;
  if (outputs.empty() || !llvm::all_of(outputs, [](const auto &output) {
        return output.dtype == DType::F32;
      }))
    return llvm::createStringError("the results are not f32");
  Outcome outcome;
  llvm::Error error = runSamples(
      module, model, data, title,
      [&](ArrayRef<const void *>, ArrayRef<std::vector<char>> results,
          int64_t count) {
        ArrayRef<float> first = asFloats(results[0]);
        size_t size = first.size() / count;
        for (int64_t i = 0; i < count; ++i) {
          ArrayRef<float> sample = first.slice(i * size, size);
          outcome.top.push_back(llvm::max_element(sample) - sample.begin());
        }
        llvm::append_range(outcome.scores, first);
        for (const std::vector<char> &result : results)
          llvm::append_range(outcome.values, asFloats(result));
      });
  if (error)
    return error;
  if (outcome.scores.size() == outcome.top.size())
    return llvm::createStringError(
        "the network gives one number a sample, so it has no accuracy");
  return outcome;
}

double Outcome::getAccuracy(ArrayRef<int64_t> truth) const {
  size_t right = 0;
  for (auto [found, label] : llvm::zip_equal(top, truth))
    right += found == label;
  return 100.0 * right / truth.size();
}

llvm::Expected<double> Outcome::getCrossEntropy(ArrayRef<int64_t> truth) const {
  const size_t classes = scores.size() / top.size();
  auto sampleOf = [&](size_t i) {
    return ArrayRef(scores).slice(i * classes, classes);
  };
  // Networks that end in a softmax give probabilities.
  bool isNormalized = true;
  for (size_t i = 0; i < top.size(); ++i) {
    double sum = 0;
    for (float score : sampleOf(i)) {
      isNormalized &= score >= 0;
      sum += score;
    }
    isNormalized &= std::abs(sum - 1) < 1e-3;
  }
  double loss = 0;
  for (auto [i, label] : llvm::enumerate(truth)) {
    if (label < 0 || label >= static_cast<int64_t>(classes))
      return llvm::createStringError(
          "label " + llvm::Twine(label) + " of sample " + llvm::Twine(i) +
          " is none of " + llvm::Twine(classes) + " classes");
    ArrayRef<float> sample = sampleOf(i);
    double largest = sample[top[i]], sum = 0;
    if (isNormalized) {
      loss -= std::log(std::max<double>(sample[label], 1e-30));
      continue;
    }
    for (float score : sample)
      sum += std::exp(score - largest);
    loss += std::log(sum) + largest - sample[label];
  }
  return loss / truth.size();
}

/// The first `count` labels of array `name` of the file `data`.
static llvm::Expected<std::vector<int64_t>>
readLabels(StringRef data, StringRef name, size_t count) {
  llvm::Expected<NumpyFile> file = NumpyFile::open(data);
  if (!file)
    return file.takeError();
  llvm::Expected<NumpyArray> array = file->read(name);
  if (!array)
    return array.takeError();
  llvm::Expected<std::vector<int64_t>> labels = array->toIntegers();
  if (!labels)
    return labels.takeError();
  if (labels->size() < count)
    return llvm::createStringError(
        array->name() + ": has " + llvm::Twine(labels->size()) +
        " labels for " + llvm::Twine(count) + " samples");
  labels->resize(count);
  return labels;
}

llvm::Expected<std::vector<int64_t>> Outcome::getTruth(StringRef data,
                                                       StringRef labels) const {
  if (labels.empty())
    return top;
  return readLabels(data, labels, top.size());
}
