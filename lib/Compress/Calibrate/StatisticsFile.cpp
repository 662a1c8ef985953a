//===- StatisticsFile.cpp - Statistics of a network as JSON ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "StatisticsFile.h"
#include "InputRecords.h"

#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/Layers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace nnq;

static constexpr int64_t kVersion = 1;

/// A hash of ops, types and constants. Attributes do not count: what is said of
/// a network is not the network.
static std::string getFingerprint(ModuleOp module) {
  llvm::BLAKE3 hash;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    hash.update(op->getName().getStringRef());
    std::string types;
    llvm::raw_string_ostream os(types);
    llvm::interleaveComma(op->getOperandTypes(), os);
    os << "->";
    llvm::interleaveComma(op->getResultTypes(), os);
    hash.update(types);
    if (op->getNumResults() != 1)
      return;
    if (FailureOr<ConstantData> data = ConstantData::get(op->getResult(0));
        succeeded(data))
      hash.update(StringRef(data->getBytes().data(), data->getBytes().size()));
  });
  return llvm::toHex(hash.final<16>(), /*LowerCase=*/true);
}

namespace {
/// How a file calls a tensor: the input of a number, or the result of an op, by
/// its layer and the number of tensors of that layer in front of it.
struct TensorName {
  std::string layer;
  int64_t number;

  bool isInput() const { return layer.empty(); }

  std::string str() const {
    if (isInput())
      return "input " + std::to_string(number);
    return "layer '" + layer + "'" +
           (number > 0 ? ", tensor " + std::to_string(number) : "");
  }
  bool operator==(const TensorName &other) const {
    return layer == other.layer && number == other.number;
  }
};

/// The names of all tensors of a module.
class TensorNames {
public:
  explicit TensorNames(ModuleOp module) {
    llvm::StringMap<int64_t> counts;
    module.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op->getNumResults() == 1 &&
          isa<RankedTensorType>(op->getResult(0).getType()))
        numbers[op] = counts[getLayerName(op)]++;
    });
  }

  TensorName get(Value value) const {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return {"", argument.getArgNumber()};
    Operation *op = value.getDefiningOp();
    return {getLayerName(op).str(), numbers.lookup(op)};
  }

private:
  DenseMap<Operation *, int64_t> numbers;
};
} // namespace

static llvm::json::Array getShape(Value value) {
  llvm::json::Array shape;
  for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
    shape.push_back(ShapedType::isDynamic(size) ? -1 : size);
  return shape;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

llvm::Error nnq::writeStatistics(StringRef path, ModuleOp module,
                                 ArrayRef<Value> values,
                                 ArrayRef<Operation *> layers) {
  TensorNames names(module);
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) -> llvm::Error {
    llvm::json::OStream json(os, /*IndentSize=*/1);
    json.object([&] {
      json.attribute("version", kVersion);
      json.attribute("network", getFingerprint(module));
      json.attributeArray("tensors", [&] {
        for (Value value : values) {
          TensorStatsAttr stats = getStats(value);
          TensorName name = names.get(value);
          json.object([&] {
            if (!name.isInput())
              json.attribute("layer", name.layer);
            json.attribute(name.isInput() ? "input" : "tensor", name.number);
            json.attribute("shape", getShape(value));
            auto number = [&](StringRef key, FloatAttr attr) {
              if (attr)
                json.attribute(key, attr.getValueAsDouble());
            };
            number("min", stats.getMin());
            number("max", stats.getMax());
            number("mean", stats.getMean());
            number("second_moment", stats.getSecondMoment());
            number("moving_min", stats.getMovingMin());
            number("moving_max", stats.getMovingMax());
            json.attribute("count", stats.getCount());
            // A line, where an array would be one for each number.
            json.attributeBegin("histogram");
            json.rawValue([&](llvm::raw_ostream &raw) {
              raw << "[";
              llvm::interleaveComma(stats.getHistogram().asArrayRef(), raw);
              raw << "]";
            });
            json.attributeEnd();
          });
        }
      });
      if (layers.empty())
        return;
      json.attributeArray("inputs", [&] {
        for (Operation *layer : layers)
          json.object([&] {
            TensorName name = names.get(layer->getResult(0));
            json.attribute("layer", name.layer);
            json.attribute("tensor", name.number);
            writeInputStats(
                json, layer->getAttrOfType<InputStatsAttr>(kInputStatsAttr));
          });
      });
    });
    os << "\n";
    return llvm::Error::success();
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
struct TensorRecord {
  TensorName name;
  const llvm::json::Object *json;
};
} // namespace

static bool parseName(const llvm::json::Object &json, TensorName &name) {
  if (std::optional<int64_t> input = json.getInteger("input")) {
    name = {"", *input};
    return true;
  }
  std::optional<StringRef> layer = json.getString("layer");
  std::optional<int64_t> number = json.getInteger("tensor");
  if (!layer || layer->empty() || !number)
    return false;
  name = {layer->str(), *number};
  return true;
}

static bool parseNames(const llvm::json::Array &array,
                       SmallVectorImpl<TensorRecord> &records) {
  for (const llvm::json::Value &tensor : array) {
    TensorRecord record;
    record.json = tensor.getAsObject();
    if (!record.json || !parseName(*record.json, record.name))
      return false;
    records.push_back(std::move(record));
  }
  return true;
}

/// The statistics, or the name of the field that is missing or of the wrong
/// type, or what is wrong with their values.
static FailureOr<TensorStatsAttr> parseStats(const llvm::json::Object &json,
                                             MLIRContext *context,
                                             std::string &error) {
  auto number = [&](StringRef key) -> FloatAttr {
    if (std::optional<double> value = json.getNumber(key))
      return FloatAttr::get(Float64Type::get(context), *value);
    return {};
  };
  for (StringRef key : {"min", "max", "mean", "second_moment"})
    if (!number(key))
      error = ("there is no number '" + key + "'").str();
  std::optional<int64_t> count = json.getInteger("count");
  const llvm::json::Array *bins = json.getArray("histogram");
  SmallVector<int64_t> histogram;
  if (!count)
    error = "there is no integer 'count'";
  if (bins)
    for (const llvm::json::Value &bin : *bins)
      if (std::optional<int64_t> value = bin.getAsInteger())
        histogram.push_back(*value);
  if (!bins || histogram.size() != bins->size())
    error = "there is no array of integers 'histogram'";
  if (!error.empty())
    return failure();
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    error = diagnostic.str();
    return success();
  });
  auto stats = TensorStatsAttr::getChecked(
      [&] { return emitError(UnknownLoc::get(context)); }, context,
      number("min"), number("max"), number("mean"), number("second_moment"),
      *count, DenseI64ArrayAttr::get(context, histogram), number("moving_min"),
      number("moving_max"));
  if (!stats)
    return failure();
  return stats;
}

/// True if the statistics have the shape of what `layer` multiplies.
static bool fitsInput(Operation *layer, InputStatsAttr stats) {
  auto op = cast<linalg::LinalgOp>(layer);
  std::string reason;
  FailureOr<LayerView> view = LayerView::get(op, *matchWeightedOp(op), reason);
  return succeeded(view) && view->fits(stats);
}

llvm::Error nnq::readStatistics(StringRef path, ModuleOp module,
                                ArrayRef<Value> values,
                                ArrayRef<Operation *> layers) {
  auto fail = [&](const llvm::Twine &message) {
    return llvm::createStringError(path + ": " + message);
  };
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return fail(buffer.getError().message());
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return fail("is no JSON: " + llvm::toString(json.takeError()));
  const llvm::json::Object *root = json->getAsObject();
  std::optional<int64_t> version =
      root ? root->getInteger("version") : std::nullopt;
  std::optional<StringRef> network =
      root ? root->getString("network") : std::nullopt;
  const llvm::json::Array *tensors = root ? root->getArray("tensors") : nullptr;
  if (!version || !network || !tensors)
    return fail("holds no statistics of a calibration");
  if (*version != kVersion)
    return fail("is of version " + llvm::Twine(*version) + ", not " +
                llvm::Twine(kVersion) + "; calibrate again");
  if (*network != getFingerprint(module))
    return fail("is of a network of other layers or weights; calibrate this "
                "one with data=FILE");

  SmallVector<TensorRecord> records, inputs;
  const llvm::json::Array *ofInputs = root->getArray("inputs");
  if (!parseNames(*tensors, records) ||
      (ofInputs && !parseNames(*ofInputs, inputs)))
    return fail("a tensor has no name");
  TensorNames names(module);
  SmallVector<TensorStatsAttr> found;
  for (Value value : values) {
    TensorName name = names.get(value);
    auto it = llvm::find_if(
        records, [&](const TensorRecord &r) { return r.name == name; });
    if (it == records.end())
      return fail("has no statistics of " + name.str() +
                  "; calibrate again with data=FILE");
    const llvm::json::Array *shape = it->json->getArray("shape");
    if (!shape || *shape != getShape(value))
      return fail(name.str() + " has another shape");
    std::string error;
    FailureOr<TensorStatsAttr> stats =
        parseStats(*it->json, module.getContext(), error);
    if (failed(stats))
      return fail(name.str() + ": " + error);
    found.push_back(*stats);
  }
  SmallVector<InputStatsAttr> foundInputs;
  for (Operation *layer : layers) {
    TensorName name = names.get(layer->getResult(0));
    auto it = llvm::find_if(
        inputs, [&](const TensorRecord &r) { return r.name == name; });
    if (it == inputs.end())
      return fail("has no statistics of the input of " + name.str() +
                  "; calibrate again with input-statistics");
    std::string error;
    FailureOr<InputStatsAttr> stats =
        parseInputStats(*it->json, module.getContext(), error);
    if (failed(stats))
      return fail("input of " + name.str() + ": " + error);
    if (!fitsInput(layer, *stats))
      return fail("input of " + name.str() + ": is of another shape");
    foundInputs.push_back(*stats);
  }
  for (auto [value, stats] : llvm::zip_equal(values, found))
    setStats(value, stats);
  for (auto [layer, stats] : llvm::zip_equal(layers, foundInputs))
    layer->setAttr(kInputStatsAttr, stats);
  return llvm::Error::success();
}
