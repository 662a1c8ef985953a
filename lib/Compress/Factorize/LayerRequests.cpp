//===- LayerRequests.cpp - Methods and ranks of single layers -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LayerRequests.h"
#include "nnq/Support/LayerPatterns.h"

using namespace nnq;
using llvm::StringRef;

/// `keep`, or METHOD[:RANK[:RANK]].
static std::optional<LayerRequests::How> parseHow(StringRef text) {
  LayerRequests::How how;
  if (text == "keep") {
    how.isKept = true;
    return how;
  }
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ':');
  std::optional<FactorMethod> method = parseFactorMethod(parts.front());
  if (!method)
    return std::nullopt;
  how.method = *method;
  for (StringRef part : llvm::drop_begin(parts)) {
    int64_t rank;
    if (part.getAsInteger(10, rank) || rank < 1)
      return std::nullopt;
    how.ranks.push_back(rank);
  }
  return how;
}

llvm::Expected<LayerRequests> LayerRequests::parse(StringRef texts) {
  LayerRequests result;
  llvm::SmallVector<StringRef> parts;
  texts.split(parts, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef text : parts) {
    auto [which, how] = text.rsplit('=');
    if (which.empty() || how.empty())
      return llvm::createStringError(
          "'" + text + "' is not of the form WHICH=HOW, such as conv1=svd:16");
    llvm::Expected<llvm::Regex> regex = parseLayerPattern(which);
    if (!regex)
      return llvm::createStringError("'" + text +
                                     "' has no valid regular expression: " +
                                     llvm::toString(regex.takeError()));
    std::optional<How> parsed = parseHow(how);
    if (!parsed)
      return llvm::createStringError(
          "'" + text + "' asks for '" + how +
          "'; there are keep, auto, svd, spatial-svd, channel-svd, tucker and "
          "cp, and with ranks of at least 1 svd:16 or tucker:8:16");
    result.requests.push_back(
        {text.str(), std::move(*regex), std::move(*parsed)});
  }
  return result;
}

const LayerRequests::How *LayerRequests::find(StringRef layer) {
  const How *last = nullptr;
  for (Request &request : requests)
    if (request.which.match(layer)) {
      request.isUsed = true;
      last = &request.how;
    }
  return last;
}

std::optional<StringRef> LayerRequests::findUnused() const {
  for (const Request &request : requests)
    if (!request.isUsed)
      return StringRef(request.text);
  return std::nullopt;
}

bool LayerRequests::hasRanks() const {
  return llvm::any_of(requests, [](const Request &request) {
    return !request.how.ranks.empty();
  });
}
