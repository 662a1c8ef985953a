//===- Context.cpp - Messages and progress of the C API -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Context.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace nnq::python;

Context::Context() : handle(nnqContextCreate(onDiagnostic, this)) {
  nnqContextSetProgress(handle, onProgress, this);
}

Context::~Context() { nnqContextDestroy(handle); }

void Context::onDiagnostic(const NnqDiagnostic *diagnostic, void *self) {
  auto *context = static_cast<Context *>(self);
  std::lock_guard<std::mutex> lock(context->messagesMutex);
  context->messages.push_back({diagnostic->severity, diagnostic->message,
                               diagnostic->layer, diagnostic->file,
                               diagnostic->line, diagnostic->column,
                               diagnostic->category, diagnostic->kind});
}

bool Context::onProgress(const char *what, int64_t done, int64_t total,
                         void *self) {
  auto *context = static_cast<Context *>(self);
  nb::gil_scoped_acquire gil;
  if (context->raised)
    return false;
  // Control-C ends a calibration.
  bool failed = PyErr_CheckSignals() != 0;
  if (!failed && context->progress) {
    nb::object result = nb::steal(PyObject_CallFunction(
        context->progress, "sLL", what, static_cast<long long>(done),
        static_cast<long long>(total)));
    failed = !result.is_valid();
  }
  if (failed) {
    nb::python_error error;
    context->raised = nb::object(nb::borrow(error.value())).release().ptr();
  }
  return !failed;
}

void Context::setRemarks(const char *passed, const char *missed) {
  run("set the filter of remarks", nb::handle(),
      [&] { return nnqContextSetRemarks(handle, passed, missed); });
}

static const char *getName(NnqSeverity severity) {
  switch (severity) {
  case NNQ_ERROR:
    return "error";
  case NNQ_WARNING:
    return "warning";
  case NNQ_REMARK:
    return "remark";
  case NNQ_NOTE:
    return "note";
  }
  return "";
}

static std::string decode(const std::string &text) {
  // Names of layers come from the user's file and may be anything.
  nb::object decoded = nb::steal(PyUnicode_DecodeUTF8(
      text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
  if (!decoded.is_valid())
    throw nb::python_error();
  return nb::cast<std::string>(decoded);
}

void Context::run(const char *what, nb::handle callback,
                  const std::function<bool()> &action) {
  bool succeeded = false;
  PyObject *exception = nullptr;
  std::vector<Message> received;
  {
    nb::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(inside);
    progress =
        callback.is_valid() && !callback.is_none() ? callback.ptr() : nullptr;
    succeeded = action();
    progress = nullptr;
    std::swap(exception, raised);
    received.swap(messages);
  }
  if (exception) {
    PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(exception)),
                    exception);
    Py_DECREF(exception);
    throw nb::python_error();
  }
  if (succeeded && received.empty())
    return;
  nb::list list;
  for (const Message &message : received)
    list.append(nb::make_tuple(getName(message.severity), decode(message.text),
                               decode(message.layer), decode(message.file),
                               message.line, message.column,
                               decode(message.category), decode(message.kind)));
  nb::module_::import_("nnq.errors").attr("receive")(list, succeeded, what);
}

void Context::runQuietly(const std::function<void()> &action) {
  nb::gil_scoped_release release;
  std::lock_guard<std::mutex> lock(inside);
  action();
}

void nnq::python::bindContext(nb::module_ &module) {
  nb::class_<Context>(module, "Context",
                      "Dialects, passes and messages; networks share it.")
      .def(nb::new_([] { return std::make_shared<Context>(); }))
      .def(
          "set_remarks",
          [](Context &self, const OptionalString &passed,
             const OptionalString &missed) {
            self.setRemarks(getPointer(passed), getPointer(missed));
          },
          nb::arg("passed").none(), nb::arg("missed").none(),
          "Filter the remarks of later operations by regular expressions.");
}
