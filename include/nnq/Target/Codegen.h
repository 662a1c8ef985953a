//===- Codegen.h - From the LLVM dialect to machine code --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_CODEGEN_H
#define NNQ_TARGET_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Signature.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ValueHandle.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace nnq {

/// What LLVM may spend time on, each from 0 to 3.
struct LLVMLevels {
  /// Its passes over IR. Kernels come out of ours as they should be, loops of
  /// the reference do not.
  unsigned optimizer = 3;
  /// Instruction selection, scheduling and register allocation.
  unsigned codegen = 3;
};

/// A constant whose bytes do not pass through LLVM, which would keep several
/// copies and take its time: a declaration, until code is written.
struct DetachedConstant {
  /// Null once LLVM has found it unused.
  llvm::WeakTrackingVH global;
  llvm::ArrayRef<char> bytes;
};

/// A network as LLVM IR, optimised, with the machine it is made for. The MLIR
/// module that it comes from must outlive it.
struct LLVMProgram {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::unique_ptr<llvm::TargetMachine> machine;
  /// One for each entry point.
  std::vector<Signature> signatures;
  std::vector<DetachedConstant> constants;
};

/// The target of a module in the LLVM dialect: `nnq.target` if it is there,
/// else what the attributes of LLVM say, else this machine.
mlir::FailureOr<TargetAttr> getTargetOfLLVM(mlir::ModuleOp module);

/// Is the module in the dialects that LLVM IR is translated from?
bool isLowered(mlir::ModuleOp module);

/// The signatures of the entry points of a lowered module.
mlir::FailureOr<std::vector<Signature>> readSignatures(mlir::ModuleOp module);

/// Translates a module in the LLVM dialect and runs the optimizer of LLVM.
/// Errors go to the diagnostics of the context.
mlir::FailureOr<LLVMProgram> translateToLLVM(mlir::ModuleOp module,
                                             LLVMLevels levels = {});

/// An object in memory; its code is generated only once.
llvm::Expected<llvm::SmallVector<char, 0>> emitObject(LLVMProgram &program);

/// Text is whole: large constants are written out, too.
llvm::Error emitAssembly(LLVMProgram &program, llvm::raw_pwrite_stream &os);
void emitIR(LLVMProgram &program, llvm::raw_ostream &os);

/// Undefined symbols of an object that neither libc, libm nor OpenMP offers.
llvm::Expected<std::vector<std::string>>
findForeignSymbols(llvm::StringRef object, const llvm::Triple &triple);

} // namespace nnq

#endif // NNQ_TARGET_CODEGEN_H
