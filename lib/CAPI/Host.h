//===- Host.h - What the handles of the C API hold --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_CAPI_HOST_H
#define NNQ_LIB_CAPI_HOST_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "nnq-c/nnq.h"
#include "nnq/Runtime/CompiledModel.h"

#include <memory>
#include <optional>

namespace nnq {

/// The settings of a context. Networks share it, so that handles may be freed
/// in any order.
struct Host {
  NnqDiagnosticCallback callback = nullptr;
  void *userData = nullptr;
  NnqProgressCallback progress = nullptr;
  void *progressData = nullptr;
  std::optional<std::string> passed;
  std::optional<std::string> missed;
  mlir::DialectRegistry registry;

  void report(mlir::Diagnostic &diag) const;
  /// Errors that have no place in a network; false.
  bool fail(const llvm::Twine &message) const;
  bool fail(llvm::Error error) const;
  /// The messages of `context` go to the callback.
  void connect(mlir::MLIRContext &context) const;
  /// Remarks of `context`, as they are asked for now.
  void enableRemarks(mlir::MLIRContext &context) const;
};

/// A stream that hands what it is given to a callback.
class CallbackStream : public llvm::raw_ostream {
public:
  CallbackStream(NnqWriteCallback callback, void *userData)
      : callback(callback), userData(userData) {}
  ~CallbackStream() override { flush(); }

private:
  void write_impl(const char *data, size_t size) override {
    callback(data, size, userData);
    position += size;
  }
  uint64_t current_pos() const override { return position; }

  NnqWriteCallback callback;
  void *userData;
  uint64_t position = 0;
};

} // namespace nnq

struct NnqContextImpl {
  std::shared_ptr<nnq::Host> host;
};

/// Attributes and constants live as long as the context of MLIR, so each parsed
/// network has one for itself, which its clones share.
struct NnqNetworkImpl {
  std::shared_ptr<nnq::Host> host;
  std::shared_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  bool isBroken = false;

  /// False, with an error, if it cannot be used any more.
  bool isUsable() const;
  /// What machine code is made with at `level`; an error if there is none such
  /// or the network is not lowered yet.
  mlir::FailureOr<nnq::LLVMLevels> getCodegenLevels(int level) const;
};

struct NnqProgramImpl {
  nnq::CompiledModel model;
  std::string signature;
};

#endif // NNQ_LIB_CAPI_HOST_H
