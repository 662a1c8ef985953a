//===- Context.cpp - Settings and messages of the C API -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Host.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/InitAllPasses.h"
#include "nnq/InitAll.h"
#include "nnq/Support/DiagnosticInfo.h"
#include "nnq/Support/Layers.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace nnq;

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// Where in a file `loc` is.
static FileLineColLoc findPosition(Location loc) {
  FileLineColLoc found;
  loc->walk([&](Location part) {
    found = dyn_cast<FileLineColLoc>(part);
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

static NnqSeverity getSeverity(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return NNQ_ERROR;
  case DiagnosticSeverity::Warning:
    return NNQ_WARNING;
  case DiagnosticSeverity::Remark:
    return NNQ_REMARK;
  case DiagnosticSeverity::Note:
    return NNQ_NOTE;
  }
  llvm_unreachable("unknown severity");
}

void Host::report(Diagnostic &diag) const {
  if (!callback)
    return;
  std::string message = diag.str();
  std::string layer = getInfo(diag, kLayerInfo).str();
  if (layer.empty())
    layer = getLocationName(diag.getLocation()).str();
  std::string pass = getInfo(diag, kPassInfo).str();
  std::string kind = getInfo(diag, kKindInfo).str();
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  if (FileLineColLoc position = findPosition(diag.getLocation())) {
    file = position.getFilename().str();
    line = position.getLine();
    column = position.getColumn();
  }
  NnqDiagnostic shown{getSeverity(diag.getSeverity()),
                      message.c_str(),
                      layer.c_str(),
                      file.c_str(),
                      line,
                      column,
                      pass.c_str(),
                      kind.c_str()};
  callback(&shown, userData);
  for (Diagnostic &note : diag.getNotes())
    report(note);
}

bool Host::fail(const Twine &message) const {
  if (callback) {
    std::string text = message.str();
    NnqDiagnostic shown{NNQ_ERROR, text.c_str(), "", "", 0, 0, "", ""};
    callback(&shown, userData);
  }
  return false;
}

bool Host::fail(llvm::Error error) const {
  return fail(llvm::toString(std::move(error)));
}

void Host::connect(MLIRContext &context) const {
  // The note that prints the whole op would bury the error.
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler(
      [this](Diagnostic &diag) { report(diag); });
}

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

namespace {
/// Remarks as diagnostics, which come in order and on the caller's thread.
class RemarksToDiagnostics : public remark::detail::MLIRRemarkStreamerBase {
public:
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    InFlightDiagnostic diag = emitRemark(remark.getLocation());
    Diagnostic &facts = *diag.getUnderlyingDiagnostic();
    setInfo(facts, kPassInfo, remark.getRemarkName());
    setInfo(facts, kKindInfo, remark.getRemarkTypeString().lower());
    bool isFirst = true;
    for (const remark::detail::Remark::Arg &arg : remark.getArgs()) {
      if (arg.key == "Layer") {
        setInfo(facts, kLayerInfo, arg.val);
        continue;
      }
      if (!isFirst)
        diag << ", ";
      isFirst = false;
      if (arg.key != "Reason" && arg.key != "Remark")
        diag << arg.key << "=";
      diag << arg.val;
    }
  }
};
} // namespace

void Host::enableRemarks(MLIRContext &context) const {
  if (!passed && !missed) {
    context.setRemarkEngine(nullptr);
    return;
  }
  remark::RemarkCategories categories;
  categories.passed = passed;
  categories.missed = missed;
  // Fails for no streamer of this kind.
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<RemarksToDiagnostics>(),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
}

//===----------------------------------------------------------------------===//
// The context
//===----------------------------------------------------------------------===//

/// The registry of passes is one for the process.
static void registerPassesOnce() {
  [[maybe_unused]] static const bool done = [] {
    mlir::registerAllPasses();
    nnq::registerAllPasses();
    return true;
  }();
}

NnqContext nnqContextCreate(NnqDiagnosticCallback callback, void *userData) {
  registerPassesOnce();
  auto host = std::make_shared<Host>();
  host->callback = callback;
  host->userData = userData;
  nnq::registerAllDialects(host->registry);
  return new NnqContextImpl{std::move(host)};
}

void nnqContextDestroy(NnqContext context) {
  if (!context)
    return;
  context->host->callback = nullptr;
  context->host->progress = nullptr;
  delete context;
}

bool nnqContextSetRemarks(NnqContext context, const char *passed,
                          const char *missed) {
  if (!context)
    return false;
  for (const char *pattern : {passed, missed}) {
    std::string error;
    if (pattern && !llvm::Regex(pattern).isValid(error))
      return context->host->fail("'" + Twine(pattern) +
                                 "' is no regular expression: " + error);
  }
  auto get = [](const char *pattern) {
    return pattern ? std::optional<std::string>(pattern) : std::nullopt;
  };
  context->host->passed = get(passed);
  context->host->missed = get(missed);
  return true;
}

void nnqContextSetProgress(NnqContext context, NnqProgressCallback callback,
                           void *userData) {
  if (!context)
    return;
  context->host->progress = callback;
  context->host->progressData = userData;
}
