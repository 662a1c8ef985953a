//===- LayerPatterns.h - Layers by their names ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_LAYERPATTERNS_H
#define NNQ_SUPPORT_LAYERPATTERNS_H

#include "nnq/Support/Layers.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"

#include <string>

namespace nnq {

/// A regular expression for the whole name of a layer. The error is what is
/// wrong with it.
llvm::Expected<llvm::Regex> parseLayerPattern(llvm::StringRef text);

/// Regular expressions, by commas, for the whole name of a layer.
class LayerPatterns {
public:
  /// The error names the expression that is none.
  static llvm::Expected<LayerPatterns> parse(llvm::StringRef texts);

  bool match(llvm::StringRef layer);
  /// True if one of `ops` is meant. All are asked, to know which expressions no
  /// layer answers.
  template <typename Ops>
  bool matchAny(const Ops &ops) {
    bool isMatched = false;
    for (mlir::Operation *op : ops)
      isMatched |= match(getLayerName(op));
    return isMatched;
  }
  /// An expression that has matched no layer so far, if there is one.
  std::optional<llvm::StringRef> findUnused() const;

private:
  struct Pattern {
    std::string text;
    llvm::Regex regex;
    bool isUsed = false;
  };
  std::vector<Pattern> patterns;
};

/// What `exclude=` says. The error names the option and what is wrong with it.
llvm::Expected<LayerPatterns> parseExcluded(llvm::StringRef texts);

/// An error if an expression of `exclude=` has matched none of what there was
/// to leave out, "layer with weights" for example.
llvm::Error checkExcluded(const LayerPatterns &excluded, llvm::StringRef kind);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERPATTERNS_H
