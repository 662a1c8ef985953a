//===- CalibrationData.cpp - Samples to calibrate on ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/CalibrationData.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"

using namespace mlir;
using namespace nnq;

/// Of the option key=.
static constexpr llvm::StringLiteral kDefaultKey = "x";

/// What the network calls its inputs, if the file has arrays of all names.
static std::optional<SmallVector<std::string>>
findNames(func::FuncOp entry, const NumpyFile &file) {
  SmallVector<std::string> names;
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    auto name = entry.getArgAttrOfType<StringAttr>(i, kTensorNameAttr);
    if (!name || !file.contains(name.getValue()))
      return std::nullopt;
    names.push_back(name.str());
  }
  return names;
}

/// The names of the arrays: `key` itself, or numbered if there are several
/// inputs, or one name an input. Those of the network go before the default.
static llvm::Expected<SmallVector<std::string>>
getKeys(func::FuncOp entry, const NumpyFile &file, StringRef key) {
  if (key == kDefaultKey)
    if (auto names = findNames(entry, file))
      return *names;
  SmallVector<std::string> keys;
  SmallVector<StringRef> given;
  key.split(given, ',');
  unsigned count = entry.getNumArguments();
  if (given.size() != count && given.size() != 1)
    return llvm::createStringError("function '" + entry.getName() + "' takes " +
                                   llvm::Twine(count) + " inputs, key= names " +
                                   llvm::Twine(given.size()));
  for (unsigned i = 0; i < count; ++i)
    keys.push_back(given.size() == count ? given[i].str()
                                         : key.str() + std::to_string(i));
  return keys;
}

llvm::Expected<CalibrationData> CalibrationData::open(func::FuncOp entry,
                                                      StringRef path,
                                                      StringRef key,
                                                      int64_t limit) {
  if (path.empty())
    return llvm::createStringError("no data given; pass data=FILE");
  if (limit < 0)
    return llvm::createStringError("samples=%lld is negative",
                                   static_cast<long long>(limit));
  llvm::Expected<NumpyFile> file = NumpyFile::open(path);
  if (!file)
    return file.takeError();
  llvm::Expected<SmallVector<std::string>> keys = getKeys(entry, *file, key);
  if (!keys)
    return keys.takeError();
  if (!file->isArchive() && keys->size() > 1)
    return llvm::createStringError(
        path + ": is one array, but function '" + entry.getName() + "' takes " +
        llvm::Twine(keys->size()) + " inputs; pass a .npz");
  CalibrationData data;
  for (auto [i, name] : llvm::enumerate(*keys)) {
    llvm::Expected<NumpyStream> stream = file->stream(name);
    if (!stream && file->isArchive())
      return llvm::createStringError(llvm::toString(stream.takeError()) +
                                     "; choose the input with key=NAME" +
                                     (keys->size() > 1 ? ",NAME..." : ""));
    if (!stream)
      return stream.takeError();
    const NumpyArray &array = stream->array();
    auto type = cast<RankedTensorType>(entry.getArgumentTypes()[i]);
    TensorSignature input{llvm::to_vector(type.getShape()),
                          *getDType(type.getElementType())};
    if (type.isDynamicDim(0))
      input.shape.front() = kDynamicBatch;
    std::string which =
        keys->size() == 1 ? "the input" : "input " + std::to_string(i);
    if (llvm::Error error = array.checkMatches(
            input, (which + " of '" + entry.getName() + "'").str()))
      return error;
    int64_t count = array.getNumSamples();
    int64_t used = limit > 0 ? std::min(count, limit) : count;
    if (used < input.shape.front())
      return llvm::createStringError(array.name() + ": " + llvm::Twine(used) +
                                     " samples do not fill a batch of " +
                                     llvm::Twine(input.shape.front()));
    if (i > 0) {
      const NumpyArray &other = data.streams.front().array();
      if (count != other.getNumSamples())
        return llvm::createStringError(
            array.name() + ": has " + llvm::Twine(count) + " samples, " +
            other.name() + " has " + llvm::Twine(other.getNumSamples()));
    }
    data.numSamples = used;
    data.streams.push_back(std::move(*stream));
  }
  return data;
}

llvm::Error
CalibrationData::read(llvm::MutableArrayRef<std::vector<char>> buffers,
                      int64_t batch) {
  for (auto [stream, buffer] : llvm::zip_equal(streams, buffers)) {
    if (llvm::Error error = stream.read(buffer))
      return error;
    if (llvm::Error error = stream.array().checkFinite(buffer, position))
      return error;
  }
  position += batch;
  return llvm::Error::success();
}
