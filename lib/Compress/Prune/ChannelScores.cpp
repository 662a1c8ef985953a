//===- ChannelScores.cpp - How much channels matter -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelScores.h"

#include "ChannelReader.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace nnq;

/// Sums of |w| or w * w over all other dimensions, for each index along `dim`.
template <typename T>
static std::vector<double> sumSlices(const ConstantData &data, unsigned dim,
                                     ChannelCriterion criterion) {
  ArrayRef<int64_t> shape = data.getShape();
  int64_t size = shape[dim],
          inner = ShapedType::getNumElements(shape.drop_front(dim + 1));
  std::vector<double> sums(size, 0.0);
  for (auto [i, element] : llvm::enumerate(data.getAs<T>())) {
    double w = element;
    sums[i / inner % size] +=
        criterion == ChannelCriterion::L1 ? std::abs(w) : w * w;
  }
  return sums;
}

/// One number for each unit: the norm of its part of the weights.
static FailureOr<std::vector<double>> scoreWeights(const ChannelGraph &graph,
                                                   const ChannelGroup &group,
                                                   const WeightDim &weight,
                                                   ChannelCriterion criterion) {
  FailureOr<ConstantData> data = ConstantData::get(findWeight(*weight.weight));
  std::vector<double> slices;
  if (succeeded(data) && data->getType().getElementType().isF32())
    slices = sumSlices<float>(*data, weight.dim, criterion);
  else if (succeeded(data) && data->getType().getElementType().isInteger(8))
    slices = sumSlices<int8_t>(*data, weight.dim, criterion);
  else
    return emitLayerError(weight.op)
           << "channels are not ranked by weights of type "
           << getElementTypeOrSelf(weight.weight->get().getType());
  if (!llvm::all_of(slices, [](double sum) { return std::isfinite(sum); }))
    return emitLayerError(weight.op)
           << "has weights that are not finite numbers";

  unsigned dim = *graph.findDim(weight.weight->get(), weight.dim);
  llvm::DenseMap<ChannelGraph::Position, double> sums;
  for (int64_t i = 0; i < graph.getSize(dim); ++i)
    sums[graph.getUnit(graph.getFirst(dim) + i)] += slices[i];
  std::vector<double> scores;
  for (ChannelGraph::Position unit : group.units) {
    double sum = sums.lookup(unit);
    scores.push_back(criterion == ChannelCriterion::L1 ? sum : std::sqrt(sum));
  }
  return scores;
}

/// Layers that read the units, with what was seen of them.
/// Those of which nothing was seen go to `unseen`, with the reason.
static std::vector<ChannelReader>
getReaders(const ChannelGraph &graph, const ChannelGroup &group,
           SmallVectorImpl<std::pair<linalg::LinalgOp, std::string>> &unseen) {
  std::vector<ChannelReader> readers;
  for (const WeightDim &weight : group.weights) {
    linalg::LinalgOp op = weight.op;
    if (!isSummedOver(op, weight.weight, weight.dim))
      continue;
    std::string reason;
    FailureOr<ChannelReader> reader =
        ChannelReader::get(graph, op, /*isCorrelated=*/true, reason);
    // Where more numbers than are correlated are read, variances have to do.
    if (failed(reader))
      reader = ChannelReader::get(graph, op, /*isCorrelated=*/false, reason);
    if (succeeded(reader))
      readers.push_back(std::move(*reader));
    else
      unseen.emplace_back(op, reason);
  }
  return readers;
}

/// Sums of second moments over all that reads a unit.
static std::vector<double> scoreActivations(ArrayRef<ChannelReader> readers,
                                            const ChannelGroup &group) {
  llvm::DenseMap<ChannelGraph::Position, double> sums;
  double total = 0;
  for (const ChannelReader &reader : readers)
    for (auto [k, unit] : llvm::enumerate(reader.units)) {
      double moment = reader.variance(k) + reader.mean(k) * reader.mean(k);
      sums[unit] += moment;
      total += moment;
    }
  std::vector<double> scores;
  for (ChannelGraph::Position unit : group.units)
    scores.push_back(total > 0 ? sums.lookup(unit) * group.units.size() / total
                               : 0);
  return scores;
}

/// The array of the layer in a file, in f64. Nothing, with an error, if it is
/// not finite.
static FailureOr<std::pair<SmallVector<int64_t>, std::vector<double>>>
readArray(NumpyFile &file, linalg::LinalgOp op) {
  llvm::Expected<NumpyArray> array = file.read(getLayerName(op).str());
  if (!array) {
    emitLayerError(op) << "its channels are not ranked: "
                       << llvm::toString(array.takeError())
                       << "; exclude the layer or add the array";
    return failure();
  }
  std::vector<double> values = array->toDoubles();
  if (!llvm::all_of(values, [](double x) { return std::isfinite(x); }))
    return emitLayerError(op) << array->name() << " is not finite";
  return std::pair(SmallVector<int64_t>(array->shape()), std::move(values));
}

/// Sums over the channels of a unit.
static std::vector<double> sumUnits(const ChannelGraph &graph,
                                    const ChannelGroup &group, unsigned number,
                                    ArrayRef<double> channels) {
  llvm::DenseMap<ChannelGraph::Position, double> sums;
  for (int64_t i = 0; i < graph.getSize(number); ++i)
    sums[graph.getUnit(graph.getFirst(number) + i)] += channels[i];
  std::vector<double> scores;
  for (ChannelGraph::Position unit : group.units)
    scores.push_back(sums.lookup(unit));
  return scores;
}

/// The mean of what all layers that make the units say of them.
static FailureOr<std::vector<double>> scoreByScales(const ChannelGraph &graph,
                                                    const ChannelGroup &group,
                                                    NumpyFile &file) {
  std::vector<double> scores(group.units.size(), 0.0);
  for (const ChannelProducer &producer : group.producers) {
    auto array = readArray(file, producer.op);
    if (failed(array))
      return failure();
    unsigned number = *graph.findDim(producer.op->getResult(0), producer.dim);
    int64_t size = graph.getSize(number);
    if (static_cast<int64_t>(array->second.size()) != size)
      return emitLayerError(producer.op)
             << "scales has " << array->second.size() << " numbers for its "
             << size << " channels";
    for (double &scale : array->second)
      scale = std::abs(scale);
    for (auto [score, part] :
         llvm::zip_equal(scores, sumUnits(graph, group, number, array->second)))
      score += part / group.producers.size();
  }
  return scores;
}

/// (sum w g)^2 over the weights that make a unit.
static FailureOr<std::vector<double>>
scoreByGradients(const ChannelGraph &graph, const ChannelGroup &group,
                 NumpyFile &file) {
  std::vector<double> scores(group.units.size(), 0.0);
  for (const WeightDim &weight : group.weights) {
    if (isSummedOver(weight.op, weight.weight, weight.dim))
      continue;
    FailureOr<ConstantData> data =
        ConstantData::get(findWeight(*weight.weight));
    if (failed(data) || !data->getType().getElementType().isF32())
      return emitLayerError(weight.op) << "has no weights of f32";
    auto array = readArray(file, weight.op);
    if (failed(array))
      return failure();
    auto &[given, gradients] = *array;
    // Import drops dimensions of size 1 and transposes matrices.
    SmallVector<int64_t> shape(data->getShape());
    SmallVector<int64_t> wanted = shape;
    for (SmallVector<int64_t> *sizes : {&wanted, &given})
      llvm::erase(*sizes, 1);
    const bool isTransposed = shape.size() == 2 && wanted != given &&
                              wanted.size() == 2 && given.size() == 2 &&
                              wanted[0] == given[1] && wanted[1] == given[0];
    const bool isMatrix = shape.size() == 2 && wanted == given &&
                          wanted.size() == 2 && wanted[0] == wanted[1];
    if (wanted != given && !isTransposed)
      return emitLayerError(weight.op)
             << "gradients is of another shape than its weights";
    // Of a square matrix the rows are output channels, as in PyTorch.
    const bool swaps = isTransposed || (isMatrix && weight.dim == 1);
    const int64_t inner = ShapedType::getNumElements(
                      ArrayRef(shape).drop_front(weight.dim + 1)),
                  size = shape[weight.dim];
    std::vector<double> sums(size, 0.0);
    for (auto [i, w] : llvm::enumerate(data->getAs<float>())) {
      int64_t from =
          swaps ? i % shape[1] * shape[0] + i / shape[1] : int64_t(i);
      sums[i / inner % size] += w * gradients[from];
    }
    std::vector<double> parts = sumUnits(
        graph, group, *graph.findDim(weight.weight->get(), weight.dim), sums);
    for (auto [score, part] : llvm::zip_equal(scores, parts))
      score += part * part;
  }
  return scores;
}

FailureOr<std::vector<double>> nnq::scoreChannels(const ChannelGraph &graph,
                                                  const ChannelGroup &group,
                                                  ChannelScoring &scoring) {
  ChannelCriterion criterion = scoring.criterion;
  if (criterion == ChannelCriterion::BatchNormScale)
    return scoreByScales(graph, group, *scoring.file);
  if (criterion == ChannelCriterion::Taylor)
    return scoreByGradients(graph, group, *scoring.file);
  std::vector<double> scores(group.units.size(), 0.0);
  if (criterion == ChannelCriterion::Random) {
    std::mt19937_64 random(scoring.seed + group.units.front());
    // Not a distribution, whose numbers differ between libraries.
    for (double &score : scores)
      score = static_cast<double>(random() >> 11);
    return scores;
  }
  if (criterion == ChannelCriterion::Activation ||
      criterion == ChannelCriterion::Obs) {
    SmallVector<std::pair<linalg::LinalgOp, std::string>> unseen;
    std::vector<ChannelReader> readers = getReaders(graph, group, unseen);
    if (readers.empty()) {
      linalg::LinalgOp op = group.producers.front().op;
      InFlightDiagnostic error =
          emitLayerError(op)
          << "nothing was seen of what reads its channels; pass data=FILE, "
             "statistics=FILE of a calibration with correlations=.*, or "
             "another criterion, or exclude the layer";
      for (auto &[reader, reason] : unseen)
        error.attachNote(reader.getLoc())
            << "layer '" << getLayerName(reader) << "': " << reason;
      return error;
    }
    if (criterion == ChannelCriterion::Activation)
      return scoreActivations(readers, group);
    return RemovalErrors(std::move(readers)).rank(group.units);
  }
  for (const WeightDim &weight : group.weights) {
    FailureOr<std::vector<double>> parts =
        scoreWeights(graph, group, weight, criterion);
    if (failed(parts))
      return failure();
    double mean = 0;
    for (double part : *parts)
      mean += part / parts->size();
    if (mean == 0)
      continue;
    for (auto [score, part] : llvm::zip_equal(scores, *parts))
      score += part / mean / group.weights.size();
  }
  return scores;
}
