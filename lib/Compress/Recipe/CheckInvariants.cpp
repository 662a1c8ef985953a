//===- CheckInvariants.cpp - What a step of a recipe has to keep ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "LayerInvariants.h"
#include "nnq/Compress/Recipe/Passes.h"
#include "nnq/Support/Layers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_CHECKINVARIANTS
#include "nnq/Compress/Recipe/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct CheckInvariants
    : public nnq::impl::CheckInvariantsBase<CheckInvariants> {
  using CheckInvariantsBase::CheckInvariantsBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(check(function)))
        return signalPassFailure();
  }

private:
  LogicalResult check(func::FuncOp function) {
    FailureOr<InvariantMap> before = readInvariants(function);
    if (failed(before))
      return failure();
    InvariantMap after = collectInvariants(function);
    for (const auto &[name, kept] : *before)
      if (!kept.step.empty() && failed(check(function, name, kept, after)))
        return failure();
    if (last) {
      function->removeAttr(kInvariantsAttr);
      return success();
    }
    for (auto &[name, now] : after) {
      auto known = before->find(name);
      bool isChanged = known == before->end() || now.isLess(known->second);
      now.step = isChanged ? step.getValue() : known->second.step;
    }
    writeInvariants(function, after);
    return success();
  }

  LogicalResult check(func::FuncOp function, StringRef name,
                      const LayerInvariants &kept, const InvariantMap &after) {
    ++numChecked;
    auto fail = [&](Location loc, const std::string &what) {
      return emitError(loc) << "step '" << step << "' undoes step '"
                            << kept.step << "': layer '" << name << "' " << what
                            << "; put it in front of that step, or exclude "
                               "the layer from one of the two";
    };
    auto found = after.find(name.str());
    if (found != after.end()) {
      std::string broken = kept.findBroken(found->second);
      return broken.empty() ? success() : fail(found->second.loc, broken);
    }
    int64_t sum = 0, count = 0;
    std::string prefix = (name + ".").str();
    for (auto part = after.lower_bound(prefix);
         part != after.end() && StringRef(part->first).starts_with(prefix);
         ++part) {
      // Factors have numbers.
      if (StringRef(part->first)
              .drop_front(prefix.size())
              .find_first_not_of("0123456789.") != StringRef::npos)
        continue;
      ++count;
      sum += part->second.numNonzero;
    }
    if (count && sum > kept.numNonzero)
      return fail(function.getLoc(),
                  llvm::formatv("has factors with {0} weights that are not "
                                "zero, and had {1}",
                                sum, kept.numNonzero));
    if (!count && step != "prune-layers")
      return fail(function.getLoc(), "is gone");
    return success();
  }
};
} // namespace
