//===- ObservedInputs.h - Layers whose inputs are observed ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_OBSERVEDINPUTS_H
#define NNQ_LIB_COMPRESS_CALIBRATE_OBSERVEDINPUTS_H

#include "InputObserver.h"

#include "llvm/Support/Error.h"

namespace nnq {

/// The layers of a module that get `nnq.input_stats`, and who observes their
/// inputs.
class ObservedInputs {
public:
  struct Layer {
    mlir::linalg::LinalgOp op;
    LayerView view;
    mlir::OpOperand *activation;
    mlir::OpOperand *weight;
    /// Its observer.
    size_t input = 0;
    bool isCorrelated = false;
  };

  /// All layers with f32 weights that are to be quantized; those whose whole
  /// name matches `correlations`, a regular expression, and whose outputs
  /// multiply `maxDepth` numbers at most, get correlations, too.
  /// `miss` is told of layers that cannot be observed, and why.
  static llvm::Expected<ObservedInputs>
  find(mlir::ModuleOp module, llvm::StringRef correlations, int64_t maxDepth,
       llvm::function_ref<void(mlir::Operation *, llvm::StringRef)> miss);

  llvm::ArrayRef<Layer> getLayers() const { return layers; }
  /// What each observer sees.
  llvm::ArrayRef<mlir::Value> getInputs() const { return inputs; }

  /// Layers that multiply the same patches share an observer.
  std::vector<InputObserver> makeObservers() const;

private:
  std::vector<Layer> layers;
  llvm::SmallVector<mlir::Value> inputs;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_OBSERVEDINPUTS_H
