# Headers and the package for find_package(nnq). Components: nnq-c (the C API),
# nnq-dev (libraries for compilers in C++), nnq-tools.
include(CMakePackageConfigHelpers)
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/nnq")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/nnq-c"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT nnq-c
  FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/nnq"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT nnq-dev
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td")
install(DIRECTORY "${PROJECT_BINARY_DIR}/include/nnq"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT nnq-dev
  FILES_MATCHING PATTERN "*.inc" PATTERN "CMakeFiles" EXCLUDE)

install(EXPORT nnqTargets NAMESPACE nnq:: DESTINATION "${package}"
  COMPONENT nnq-c)
install(EXPORT nnqCxxTargets NAMESPACE nnq:: DESTINATION "${package}"
  COMPONENT nnq-dev)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/nnqConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/nnqConfig.cmake" INSTALL_DESTINATION "${package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/nnqConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/nnqConfig.cmake"
  "${PROJECT_BINARY_DIR}/nnqConfigVersion.cmake"
  DESTINATION "${package}" COMPONENT nnq-c)
