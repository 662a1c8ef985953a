//===- SampleRunner.h - Run a network on samples ----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_SAMPLERUNNER_H
#define NNQ_LIB_COMPRESS_CALIBRATE_SAMPLERUNNER_H

#include "CalibrationData.h"
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

/// Runs passes on a copy of a network. What they remark is not about the
/// network that comes out of all.
mlir::LogicalResult
runOnCopy(mlir::ModuleOp copy,
          llvm::function_ref<void(mlir::OpPassManager &)> build);

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

#endif // NNQ_LIB_COMPRESS_CALIBRATE_SAMPLERUNNER_H
