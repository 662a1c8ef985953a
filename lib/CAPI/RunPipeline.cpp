//===- RunPipeline.cpp - Pipelines as text, with progress -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RunPipeline.h"

#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "nnq/Compress/Calibrate/SampleAction.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <atomic>
#include <thread>

using namespace mlir;
using namespace nnq;

namespace {
/// Counts what a pipeline does, and makes it do nothing more once it is
/// cancelled, while it lives.
class Progress {
public:
  Progress(const Host &host, MLIRContext &context, OpPassManager &pm)
      : host(host), context(context), pm(pm) {
    // Without a callback, too: a library has nothing to say on the terminal.
    context.registerActionHandler(
        [this](function_ref<void()> run, const tracing::Action &action) {
          if (!isCancelled)
            run();
          if (this->host.progress)
            count(action);
        });
  }
  ~Progress() { context.registerActionHandler(nullptr); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  bool wasCancelled() const { return isCancelled; }

private:
  void count(const tracing::Action &action) {
    if (auto *sample = dyn_cast<SampleAction>(&action)) {
      tell("calibration sample", sample->done, sample->total);
      return;
    }
    // Passes that are nested run on threads, and as copies.
    auto *pass = dyn_cast<PassExecutionAction>(&action);
    if (!pass || std::this_thread::get_id() != caller ||
        !getPasses().contains(&pass->getPass()))
      return;
    tell("pass", ++done, getPasses().size());
  }

  /// Known only when they run: neighbours are merged before.
  const llvm::SmallPtrSetImpl<const Pass *> &getPasses() {
    if (passes.empty())
      for (const Pass &pass : pm.getPasses())
        passes.insert(&pass);
    return passes;
  }

  void tell(const char *what, int64_t done, int64_t total) {
    if (!isCancelled && !host.progress(what, done, total, host.progressData))
      isCancelled = true;
  }

  const Host &host;
  MLIRContext &context;
  OpPassManager &pm;
  llvm::SmallPtrSet<const Pass *, 32> passes;
  int64_t done = 0;
  std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> isCancelled = false;
};
} // namespace

/// A pipeline for modules, with or without the `builtin.module` around it.
static LogicalResult parsePipeline(StringRef text, PassManager &pm,
                                   llvm::raw_ostream &errors) {
  if (!text.trim().starts_with("builtin.module("))
    return parsePassPipeline(text, pm, errors);
  FailureOr<OpPassManager> parsed = parsePassPipeline(text, errors);
  if (failed(parsed))
    return failure();
  static_cast<OpPassManager &>(pm) = std::move(*parsed);
  return success();
}

FailureOr<PipelineResult> nnq::runPipeline(const Host &host, ModuleOp module,
                                           StringRef pipeline) {
  MLIRContext &context = *module.getContext();
  PassManager pm(&context, ModuleOp::getOperationName());
  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (failed(parsePipeline(pipeline, pm, os))) {
    if (errors.empty())
      host.fail("'" + pipeline + "' is no pipeline");
    else
      host.fail(StringRef(errors).rtrim());
    return failure();
  }
  // As the command line does it: stages end in verifiers of their own.
  pm.enableVerifier(false);
  host.enableRemarks(context);
  Progress progress(host, context, pm);
  bool isDone = succeeded(pm.run(module));
  context.setRemarkEngine(nullptr);
  // A pass that was left out has not failed.
  if (isDone && progress.wasCancelled())
    host.fail("cancelled");
  else if (isDone && succeeded(verify(module)))
    return PipelineResult::Done;
  return PipelineResult::Failed;
}
