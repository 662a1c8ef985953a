# Finds LLVM/MLIR 22 and sets the flags that every target shares.

# The version file of the package rejects "22", so the check is made here.
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR
    "nnq needs LLVM/MLIR 22, found ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}; "
    "set -DMLIR_DIR=<prefix>/lib/cmake/mlir")
endif()

list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
# Where add_mlir_doc writes; the package leaves it empty, which means /docs.
set(MLIR_BINARY_DIR "${PROJECT_BINARY_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# Headers alone, which no installed library shows.
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
get_target_property(NNQ_EIGEN_INCLUDE_DIRS Eigen3::Eigen
  INTERFACE_INCLUDE_DIRECTORIES)

include(GNUInstallDirs)
# The loader finds what is installed from any prefix, and LLVM where it was.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH TRUE)

# Not CMAKE_POSITION_INDEPENDENT_CODE, which is -fPIE for programs: they share
# precompiled headers with the libraries.
add_compile_options(-fPIC -Wall -Wextra -Wno-unused-parameter)
if(NOT LLVM_ENABLE_RTTI)
  add_compile_options(-fno-rtti)
endif()
separate_arguments(NNQ_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${NNQ_LLVM_DEFINITIONS})
