//===- LayerPatterns.cpp - Layers by their names --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/LayerPatterns.h"

using namespace nnq;
using llvm::StringRef;

llvm::Expected<llvm::Regex> nnq::parseLayerPattern(StringRef text) {
  llvm::Regex regex(("^(" + text + ")$").str());
  if (std::string reason; !regex.isValid(reason))
    return llvm::createStringError(llvm::Twine(reason));
  return regex;
}

llvm::Expected<LayerPatterns> LayerPatterns::parse(StringRef texts) {
  LayerPatterns result;
  llvm::SmallVector<StringRef> parts;
  texts.split(parts, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef text : parts) {
    llvm::Expected<llvm::Regex> regex = parseLayerPattern(text);
    if (!regex)
      return llvm::createStringError(
          "'" + text +
          "' is no regular expression: " + llvm::toString(regex.takeError()));
    result.patterns.push_back({text.str(), std::move(*regex)});
  }
  return result;
}

bool LayerPatterns::match(StringRef layer) {
  bool isMatch = false;
  for (Pattern &pattern : patterns)
    if (pattern.regex.match(layer))
      isMatch = pattern.isUsed = true;
  return isMatch;
}

std::optional<StringRef> LayerPatterns::findUnused() const {
  for (const Pattern &pattern : patterns)
    if (!pattern.isUsed)
      return StringRef(pattern.text);
  return std::nullopt;
}

llvm::Expected<LayerPatterns> nnq::parseExcluded(StringRef texts) {
  llvm::Expected<LayerPatterns> excluded = LayerPatterns::parse(texts);
  if (!excluded)
    return llvm::createStringError("exclude: " +
                                   llvm::toString(excluded.takeError()));
  return excluded;
}

llvm::Error nnq::checkExcluded(const LayerPatterns &excluded, StringRef kind) {
  if (std::optional<StringRef> unused = excluded.findUnused())
    return llvm::createStringError("exclude: no " + kind + " answers '" +
                                   *unused + "'");
  return llvm::Error::success();
}
