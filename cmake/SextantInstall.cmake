# Install rules: the command, the library, its headers, find_package(Sextant) and sextant.pc.
include(CMakePackageConfigHelpers)
install(TARGETS sextant EXPORT SextantTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET sextant_torch)
  # LibTorch is found where it was built against; SEXTANT_TORCH_DIR names another at run time.
  set_target_properties(sextant_torch PROPERTIES INSTALL_RPATH "$ORIGIN;${torch_dir}/lib")
  install(TARGETS sextant_torch LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
# The models of the repository itself, where the installed command looks for them (cli/models.h).
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/stories260k ${PROJECT_SOURCE_DIR}/models/fashion-vit
        DESTINATION ${CMAKE_INSTALL_DATADIR}/sextant/models)
install(TARGETS sextant_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/sextant DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
install(EXPORT SextantTargets NAMESPACE Sextant::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sextant)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/SextantConfig.cmake.in
  ${PROJECT_BINARY_DIR}/SextantConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sextant)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/SextantConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
# Relative to the .pc file itself, so that an installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/sextant.pc.in ${PROJECT_BINARY_DIR}/sextant.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/SextantConfig.cmake
              ${PROJECT_BINARY_DIR}/SextantConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sextant)
install(FILES ${PROJECT_BINARY_DIR}/sextant.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
