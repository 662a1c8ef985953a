//===- SampleRunner.h - Run a network on samples ----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_SAMPLERUNNER_H
#define NNQ_COMPRESS_CALIBRATE_SAMPLERUNNER_H

#include "nnq/Compress/Calibrate/CalibrationData.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Runtime/CompiledModel.h"

namespace nnq {

/// The only function of `module` that a user can call, with inputs that samples
/// are made of.
llvm::Expected<mlir::func::FuncOp> findSampledEntry(mlir::ModuleOp module);

/// Runs `model`, which was made of `module`, on all samples, one at a time if
/// the batch is dynamic. `title` heads the line that the terminal shows, `use`
/// gets the inputs, the buffers of the outputs and the number of samples in
/// them.
llvm::Error
runSamples(mlir::ModuleOp module, CompiledModel &model, CalibrationData &data,
           llvm::StringRef title,
           llvm::function_ref<void(llvm::ArrayRef<const void *>,
                                   llvm::ArrayRef<std::vector<char>>, int64_t)>
               use);

/// Higher levels take longer to compile than they save in a run.
inline constexpr LLVMLevels kTrialLevels{0, 1};

/// Makes `value` a result of `function`; the number of the result.
size_t addResult(mlir::func::FuncOp function, mlir::Value value);

/// Room for what a model takes or gives.
struct Buffers {
  explicit Buffers(const std::vector<TensorSignature> &tensors);

  std::vector<std::vector<char>> bytes;
  llvm::SmallVector<void *> pointers;
};

inline llvm::ArrayRef<float> asFloats(llvm::ArrayRef<char> bytes) {
  return {reinterpret_cast<const float *>(bytes.data()),
          bytes.size() / sizeof(float)};
}

/// Runs passes on a copy of a network. What they remark is not about the
/// network that comes out of all.
mlir::LogicalResult
runOnCopy(mlir::ModuleOp copy,
          llvm::function_ref<void(mlir::OpPassManager &)> build);

/// How passes that compare a network with what becomes of it, such as its
/// quantized form, make both.
struct TrialBuilders {
  PipelineBuilder change;
  LoweringBuilder lowering;

  void getDependentDialects(mlir::DialectRegistry &registry) const;
  /// Lowers a copy, be it changed or not, and compiles it.
  llvm::Expected<CompiledModel> compile(mlir::ModuleOp copy,
                                        llvm::StringRef entry,
                                        LLVMLevels levels = kTrialLevels) const;
};

/// Signal and noise of values that should be others.
class Noise {
public:
  void add(llvm::ArrayRef<float> expected, llvm::ArrayRef<float> values);
  /// In dB; not finite if there is no signal or no noise.
  double getSqnr() const;

private:
  double signal = 0, noise = 0;
};

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_SAMPLERUNNER_H
