# LibTorch, for the half of the library that needs it (libsextant_torch). Found in the folder that
# SEXTANT_TORCH_DIR or scripts/setup.sh's record .sextant/torch-dir names; -DSEXTANT_TORCH=OFF builds
# everything else without it.
option(SEXTANT_TORCH "Build libsextant_torch: training and the networks that need LibTorch" ON)
if(NOT SEXTANT_TORCH)
  message(STATUS "SEXTANT_TORCH=OFF: no training, no torch networks")
  return()
endif()

set(torch_dir "$ENV{SEXTANT_TORCH_DIR}")
set(torch_record ${PROJECT_SOURCE_DIR}/.sextant/torch-dir)
if(NOT torch_dir AND EXISTS ${torch_record})
  file(STRINGS ${torch_record} torch_dir LIMIT_COUNT 1)
endif()
if(NOT EXISTS "${torch_dir}/share/cmake/Torch/TorchConfig.cmake")
  message(FATAL_ERROR "LibTorch: expected share/cmake/Torch/TorchConfig.cmake in \"${torch_dir}\", "
    "found none. Run scripts/setup.sh, set SEXTANT_TORCH_DIR, or configure with -DSEXTANT_TORCH=OFF")
endif()
find_package(Torch REQUIRED PATHS ${torch_dir}/share/cmake/Torch NO_DEFAULT_PATH)

# One precompiled header for every file that includes torch: <torch/torch.h> costs 15 s a file.
add_library(sextant_torch_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/torch_pch.cc)
target_link_libraries(sextant_torch_pch PUBLIC ${TORCH_LIBRARIES} PRIVATE sextant_warnings)
target_precompile_headers(sextant_torch_pch PRIVATE <torch/torch.h>)
