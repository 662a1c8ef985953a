//===- Recipe.h - Compression in several steps ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PIPELINE_RECIPE_H
#define NNQ_PIPELINE_RECIPE_H

#include "nnq/Pipeline/Pipelines.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// Options of `--recipe`.
struct RecipeOptions : public mlir::PassPipelineOptions<RecipeOptions>,
                       public DataOptions {
  RecipeOptions()
      : DataOptions("Data, .npy or .npz, of the steps that name none") {}

  Option<std::string> file{
      *this, "file",
      llvm::cl::desc("Steps, YAML or JSON: a list of pipelines, each with its "
                     "options"),
      llvm::cl::init("")};
  Option<std::string> labels{
      *this, "labels",
      llvm::cl::desc("Name of the array of labels in the .npz, of the steps "
                     "that compare accuracy"),
      llvm::cl::init("")};
};

/// A pipeline, and the options that the recipe gives it, as texts.
struct RecipeStep {
  std::string pipeline;
  llvm::SmallVector<std::pair<std::string, std::string>> options;
};

/// Reads `- NAME` or `- NAME: {option: value, ...}` for each step, the whole
/// list by itself or under `steps`. An error names `name`, and the place in it.
llvm::Expected<std::vector<RecipeStep>> parseRecipe(llvm::StringRef text,
                                                    llvm::StringRef name);

/// Adds the steps, each followed by the check that it has kept what the others
/// made. All steps and options are checked at once.
mlir::LogicalResult buildRecipePipeline(
    mlir::OpPassManager &pm, const RecipeOptions &options,
    llvm::function_ref<mlir::LogicalResult(const llvm::Twine &)> emitError);

} // namespace nnq

#endif // NNQ_PIPELINE_RECIPE_H
