# Checks of the sources: check-format (clang-format), check-python (ruff) and
# tidy-nnq (clang-tidy). A program that is missing fails its target only.

find_program(NNQ_CLANG_FORMAT NAMES clang-format-22)
find_program(NNQ_CLANG_TIDY NAMES run-clang-tidy-22)
find_program(NNQ_RUFF NAMES ruff HINTS "${CMAKE_BINARY_DIR}/venv/bin")

# nnq_add_check(NAME PROGRAM COMMENT command...)
function(nnq_add_check name program comment)
  if(${program})
    add_custom_target(${name} COMMAND ${ARGN}
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      COMMENT "${comment}" USES_TERMINAL VERBATIM)
  else()
    add_custom_target(${name}
      COMMAND ${CMAKE_COMMAND} -E echo "${name}: cmake found no ${program}"
      COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
  endif()
endfunction()

set(globs)
foreach(folder include lib python tools test)
  foreach(suffix h c cpp)
    list(APPEND globs "${PROJECT_SOURCE_DIR}/${folder}/*.${suffix}")
  endforeach()
endforeach()
file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${globs})
list(JOIN sources "\n" sources)
set(list "${CMAKE_CURRENT_BINARY_DIR}/format-sources.txt")
file(CONFIGURE OUTPUT "${list}" CONTENT "${sources}\n" @ONLY)

nnq_add_check(check-format NNQ_CLANG_FORMAT "Checking the format of C++"
  ${NNQ_CLANG_FORMAT} --dry-run -Werror --files=${list})
nnq_add_check(fix-format NNQ_CLANG_FORMAT "Formatting C++"
  ${NNQ_CLANG_FORMAT} -i --files=${list})
nnq_add_check(check-python NNQ_RUFF "Checking Python"
  ${NNQ_RUFF} check --no-cache python test)
nnq_add_check(tidy-nnq NNQ_CLANG_TIDY "Running clang-tidy"
  ${NNQ_CLANG_TIDY} -quiet -p "${CMAKE_BINARY_DIR}"
  "${PROJECT_SOURCE_DIR}/(lib|tools)/.*")
if(TARGET tidy-nnq)
  add_dependencies(tidy-nnq NNQGenerated)
endif()

# The documentation of dialect and passes, as Markdown in build/docs.
add_custom_target(nnq-doc DEPENDS mlir-doc)
