//===- LayerRequests.h - Methods and ranks of single layers -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_LAYERREQUESTS_H
#define NNQ_LIB_COMPRESS_FACTORIZE_LAYERREQUESTS_H

#include "FactorRequest.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"

namespace nnq {

/// WHICH=HOW by commas: a regular expression for the whole name of a layer, and
/// `keep` or a method with ranks or without, `tucker:8:16`. Later ones win.
class LayerRequests {
public:
  struct How {
    bool isKept = false;
    FactorMethod method = FactorMethod::Auto;
    llvm::SmallVector<int64_t> ranks;
  };

  static llvm::Expected<LayerRequests> parse(llvm::StringRef texts);

  /// Null if none is about the layer.
  const How *find(llvm::StringRef layer);
  /// A request that was about no layer so far, if there is one.
  std::optional<llvm::StringRef> findUnused() const;
  /// True if one of them says ranks.
  bool hasRanks() const;

private:
  struct Request {
    std::string text;
    llvm::Regex which;
    How how;
    bool isUsed = false;
  };
  std::vector<Request> requests;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_LAYERREQUESTS_H
