//===- Guard.cpp - Input that crashes its reader --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Guard.h"

#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"

#include <mutex>

using namespace nnq;

static void keepReason(void *reason, const char *message, bool) {
  *static_cast<std::string *>(reason) = message;
}

std::optional<std::string> nnq::runGuarded(llvm::function_ref<void()> work) {
  // The handlers of signals and of LLVM's fatal errors are of the process.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string reason = "it crashed the reader";
  llvm::ScopedFatalErrorHandler handler(keepReason, &reason);
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  bool isDone = recovery.RunSafely(work);
  llvm::CrashRecoveryContext::Disable();
  if (isDone)
    return std::nullopt;
  return reason;
}
