//===- Context.h - What networks and programs share -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PYTHON_CONTEXT_H
#define NNQ_PYTHON_CONTEXT_H

#include "nnq-c/nnq.h"

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nnq::python {

struct Message {
  NnqSeverity severity;
  std::string text;
  std::string layer;
  std::string file;
  unsigned line;
  unsigned column;
  std::string category;
  std::string kind;
};

/// A context of the C API, used by one thread at a time. Networks and programs
/// keep it alive.
class Context {
public:
  Context();
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  NnqContext get() const { return handle; }

  void setRemarks(const char *passed, const char *missed);

  /// Does what may fail, without the GIL, which the caller holds. Raises
  /// nnq.Error with all messages on failure; other messages are logged.
  void run(const char *what, nanobind::handle progress,
           const std::function<bool()> &action);

  /// As above, without the GIL and the messages: for what cannot fail.
  void runQuietly(const std::function<void()> &action);

private:
  static void onDiagnostic(const NnqDiagnostic *diagnostic, void *self);
  static bool onProgress(const char *what, int64_t done, int64_t total,
                         void *self);

  NnqContext handle;
  /// Of the thread that is inside.
  std::mutex inside;
  PyObject *progress = nullptr;
  /// What the progress callback raised.
  PyObject *raised = nullptr;
  /// Messages may come from threads of MLIR.
  std::mutex messagesMutex;
  std::vector<Message> messages;
};

using ContextPtr = std::shared_ptr<Context>;

using OptionalString = std::optional<std::string>;

inline const char *getPointer(const OptionalString &text) {
  return text ? text->c_str() : nullptr;
}

/// Appends what the C API writes.
inline void appendTo(const char *data, size_t size, void *text) {
  static_cast<std::string *>(text)->append(data, size);
}

void bindContext(nanobind::module_ &module);
void bindNetwork(nanobind::module_ &module);
void bindProgram(nanobind::module_ &module);

} // namespace nnq::python

#endif // NNQ_PYTHON_CONTEXT_H
