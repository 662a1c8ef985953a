//===- TargetInfo.h - From names to #nnq.target -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_TARGETINFO_H
#define NNQ_SUPPORT_TARGETINFO_H

#include "mlir/IR/Diagnostics.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace nnq {

/// What a user says about the target. Empty fields are derived.
struct TargetSpec {
  /// `native`, or `<architecture or cpu>` followed by any number of `+feature`.
  std::string shortName;
  std::string triple;
  std::string cpu;
  /// `+a,-b`; applied after the features of the short name.
  std::string features;

  bool empty() const {
    return shortName.empty() && triple.empty() && cpu.empty() &&
           features.empty();
  }
};

/// The target that `spec` means; with an empty one, this machine. One error
/// that names the wrong value and the nearest known ones otherwise.
mlir::FailureOr<TargetAttr>
makeTarget(mlir::MLIRContext *context, const TargetSpec &spec,
           llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The target that a module, or the one around `op`, is made for, or null.
TargetAttr findTarget(mlir::Operation *op);

/// The target that `module` is made for, or this machine.
mlir::FailureOr<TargetAttr> findTargetOrHost(mlir::ModuleOp module);

/// The target that code of `module` is made for; an error and null without one.
TargetAttr getRequiredTarget(mlir::ModuleOp module);

/// Numbers of 32 bits that a register holds.
int64_t getRegisterWidth(TargetAttr target);

/// Does one instruction multiply and add f32 with one rounding?
bool hasFusedMultiplyAdd(TargetAttr target);

/// True for cores that multiply two registers of 512 bits in a cycle; others
/// that have such registers take one.
bool hasTwoWideUnits(TargetAttr target);

/// True if one instruction multiplies matrices of bytes (AMX).
bool multipliesMatrices(TargetAttr target);

/// True if one instruction looks up bytes in a table of up to 64 of them.
bool permutesBytes(TargetAttr target);

/// Does code for `target` run on this machine?
bool runsOnHost(TargetAttr target);
bool runsOnHost(llvm::StringRef triple, llvm::StringRef cpu,
                llvm::StringRef features);

/// The LLVM code generator of `target`, with the position independent code
/// that a shared library needs.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(
    TargetAttr target,
    llvm::CodeGenOptLevel level = llvm::CodeGenOptLevel::Aggressive);

} // namespace nnq

#endif // NNQ_SUPPORT_TARGETINFO_H
