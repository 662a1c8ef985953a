# nnq_install_library(NAME EXPORT): the target nnq::NAME of the package, and of
# projects that add this one as a folder.
function(nnq_install_library name export)
  get_target_property(type ${name} TYPE)
  get_target_property(exported ${name} EXPORT_NAME)
  if(NOT exported)
    set(exported ${name})
  endif()
  if(NOT type STREQUAL "MODULE_LIBRARY")
    add_library(nnq::${exported} ALIAS ${name})
  endif()
  if(NNQ_INSTALL)
    if(export STREQUAL "nnqTargets")
      set(component nnq-c)
    else()
      set(component nnq-dev)
    endif()
    install(TARGETS ${name} EXPORT ${export}
      DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component})
  endif()
endfunction()

# nnq_add_library(NAME [LINK_LIBS libs...]): one static library of the sources
# in a folder of lib/. MLIR is linked as the shared library; a static MLIR
# archive beside it would register every dialect twice.
function(nnq_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LINK_LIBS})
    nnq_install_library(${name} nnqCxxTargets)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  add_dependencies(${name} NNQGenerated)
  target_precompile_headers(${name} REUSE_FROM NNQPrecompiled)
  target_include_directories(${name} INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>"
    "$<INSTALL_INTERFACE:include>")
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
  nnq_install_library(${name} nnqCxxTargets)
endfunction()

# nnq_add_shared_library(NAME SHARED|MODULE OUTPUT [LINK_LIBS libs...]): the
# library libOUTPUT.so, nnq::OUTPUT to others, with the sources of a folder of
# lib/. It shows the symbols in the file `exports` there, and nothing of the
# static libraries in it.
function(nnq_add_shared_library name kind output)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  set(exports "${CMAKE_CURRENT_SOURCE_DIR}/exports")
  add_library(${name} ${kind} ${sources})
  add_dependencies(${name} NNQGenerated)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS "${exports}"
    PREFIX lib OUTPUT_NAME ${output} EXPORT_NAME ${output})
  target_precompile_headers(${name} REUSE_FROM NNQPrecompiled)
  target_compile_definitions(${name} PRIVATE NNQ_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  # What sanitizers call is in the program.
  target_link_options(${name} PRIVATE "-Wl,--version-script=${exports}"
    -Wl,--gc-sections $<$<NOT:$<CONFIG:Debug>>:-Wl,--no-undefined>)
  nnq_install_library(${name} nnqTargets)
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
  if(NNQ_INSTALL)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
      COMPONENT nnq-tools)
  endif()
endfunction()

# nnq_add_passes(STAGE): tablegen of the Passes.td of the current folder.
function(nnq_add_passes stage)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name NNQ${stage})
  add_public_tablegen_target(NNQ${stage}PassIncGen)
  add_dependencies(NNQGenerated NNQ${stage}PassIncGen)
  add_mlir_doc(Passes NNQ${stage}Passes Passes/ -gen-pass-doc)
endfunction()
