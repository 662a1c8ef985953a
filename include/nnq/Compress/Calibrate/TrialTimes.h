//===- TrialTimes.h - Which of two networks is faster -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_TRIALTIMES_H
#define NNQ_COMPRESS_CALIBRATE_TRIALTIMES_H

#include "nnq/Runtime/CompiledModel.h"

#include <map>

namespace nnq {

/// Nanoseconds of a call of a network, and of what it became.
struct TrialTimes {
  /// Runs both in turns, so that what else the machine does slows both, and
  /// takes the fastest turn of each.
  static TrialTimes measure(CompiledModel &before, CompiledModel &after);

  double before = 0, after = 0;
};

/// Times that were measured by this compiler, in a file of JSON that several
/// processes may share.
class TimeCache {
public:
  /// Without a path, in the user's folder of caches; "none" keeps nothing.
  explicit TimeCache(llvm::StringRef path);

  std::optional<TrialTimes> find(llvm::StringRef key) const;
  /// `what` is for readers of the file.
  void add(llvm::StringRef key, llvm::StringRef what, TrialTimes times);
  /// Adds what is new to the file.
  llvm::Error save();

private:
  struct Entry {
    std::string what;
    TrialTimes times;
  };
  using Entries = std::map<std::string, Entry>;
  Entries read() const;

  std::string path;
  Entries known, added;
};

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_TRIALTIMES_H
