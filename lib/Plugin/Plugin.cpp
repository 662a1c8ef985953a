//===- Plugin.cpp - nnq for tools that load plugins -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "nnq-c/Support.h"
#include "nnq/InitAll.h"

/// For --load-dialect-plugin of mlir-opt.
extern "C" NNQ_EXPORT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "nnq", NNQ_VERSION,
          [](mlir::DialectRegistry *registry) {
            nnq::registerAllDialects(*registry);
          }};
}

/// For --load-pass-plugin of mlir-opt.
extern "C" NNQ_EXPORT mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "nnq", NNQ_VERSION,
          [] { nnq::registerAllPasses(); }};
}
