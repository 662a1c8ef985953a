//===- InputRecords.cpp - Statistics of inputs as JSON --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "InputRecords.h"
#include "nnq/Support/ConstantData.h"

#include "llvm/Support/Base64.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

static std::string encode(ElementsAttr attr) {
  std::vector<char> bytes;
  ConstantData data = *ConstantData::get(attr);
  for (float value : data.getAs<float>()) {
    char word[sizeof(float)];
    llvm::support::endian::write32le(word, llvm::bit_cast<uint32_t>(value));
    bytes.insert(bytes.end(), std::begin(word), std::end(word));
  }
  return llvm::encodeBase64(bytes);
}

void nnq::writeInputStats(llvm::json::OStream &json, InputStatsAttr stats) {
  ArrayRef<int64_t> shape = stats.getMin().getShapedType().getShape();
  json.attribute("groups", shape[0]);
  json.attribute("depth", shape[1]);
  json.attribute("channels", stats.getOutputMean().getNumElements());
  json.attribute("count", stats.getCount());
  json.attribute("min", encode(stats.getMin()));
  json.attribute("max", encode(stats.getMax()));
  json.attribute("mean", encode(stats.getMean()));
  json.attribute("second_moment", encode(stats.getSecondMoment()));
  json.attribute("output_mean", encode(stats.getOutputMean()));
  if (stats.getCorrelation())
    json.attribute("correlation", encode(stats.getCorrelation()));
}

/// Finite numbers in base64 that fill `shape`.
static std::optional<std::vector<float>> decode(StringRef text, int64_t count) {
  std::vector<char> bytes;
  if (llvm::Error error = llvm::decodeBase64(text, bytes)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  if (bytes.size() != count * sizeof(float))
    return std::nullopt;
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(llvm::bit_cast<float>(
        llvm::support::endian::read32le(bytes.data() + i * sizeof(float))));
    if (!std::isfinite(values.back()))
      return std::nullopt;
  }
  return values;
}

FailureOr<InputStatsAttr> nnq::parseInputStats(const llvm::json::Object &json,
                                               MLIRContext *context,
                                               std::string &error) {
  std::optional<int64_t> groups = json.getInteger("groups");
  std::optional<int64_t> depth = json.getInteger("depth");
  std::optional<int64_t> channels = json.getInteger("channels");
  std::optional<int64_t> count = json.getInteger("count");
  constexpr int64_t most = 1 << 24;
  if (!groups || !depth || !channels || !count || *groups < 1 || *depth < 1 ||
      *channels < 1 || *count < 1 || *groups > most || *depth > most ||
      *channels > most) {
    error = "there are no positive integers 'groups', 'depth', 'channels' and "
            "'count'";
    return failure();
  }
  Type f32 = Float32Type::get(context);
  auto read = [&](StringRef key,
                  ArrayRef<int64_t> shape) -> std::optional<ElementsAttr> {
    auto type = RankedTensorType::get(shape, f32);
    std::optional<StringRef> text = json.getString(key);
    std::optional<std::vector<float>> values =
        text ? decode(*text, type.getNumElements()) : std::nullopt;
    if (!values) {
      error = ("'" + key + "' does not hold " +
               llvm::Twine(type.getNumElements()) + " finite numbers in base64")
                  .str();
      return std::nullopt;
    }
    if (key == "correlation")
      return makeResource(type, key, asBytes<float>(*values));
    return DenseElementsAttr::get(type, ArrayRef<float>(*values));
  };
  int64_t triangle = *depth * (*depth + 1) / 2;
  std::optional<ElementsAttr> min = read("min", {*groups, *depth});
  std::optional<ElementsAttr> max = read("max", {*groups, *depth});
  std::optional<ElementsAttr> mean = read("mean", {*groups, *depth});
  std::optional<ElementsAttr> moment = read("second_moment", {*groups, *depth});
  std::optional<ElementsAttr> output = read("output_mean", {*channels});
  std::optional<ElementsAttr> correlation = ElementsAttr();
  if (json.get("correlation"))
    correlation = read("correlation", {*groups, triangle});
  if (!min || !max || !mean || !moment || !output || !correlation)
    return failure();
  return InputStatsAttr::get(context, *min, *max, *mean, *moment, *count,
                             *output, *correlation);
}
