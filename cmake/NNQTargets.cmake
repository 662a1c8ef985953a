# nnq_add_library(NAME [LINK_LIBS libs...]): one static library of the sources
# in a folder of lib/. MLIR is linked as the shared library; a static MLIR
# archive beside it would register every dialect twice.
function(nnq_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LINK_LIBS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  add_dependencies(${name} NNQGenerated)
  target_precompile_headers(${name} REUSE_FROM NNQPrecompiled)
  target_include_directories(${name} INTERFACE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include")
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
endfunction()

# nnq_add_tool(NAME [LINK_LIBS libs...]): a program of the sources in a folder
# of tools/.
function(nnq_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  add_executable(${name} ${sources})
  add_dependencies(${name} NNQGenerated)
  target_precompile_headers(${name} REUSE_FROM NNQPrecompiled)
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_property(GLOBAL APPEND PROPERTY NNQ_TOOLS ${name})
endfunction()

# nnq_add_passes(STAGE): tablegen of the Passes.td of the current folder.
function(nnq_add_passes stage)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name NNQ${stage})
  add_public_tablegen_target(NNQ${stage}PassIncGen)
  add_dependencies(NNQGenerated NNQ${stage}PassIncGen)
  add_mlir_doc(Passes NNQ${stage}Passes Passes/ -gen-pass-doc)
endfunction()
