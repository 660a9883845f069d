# One call declares a folder: its objects, its tests and its fuzz targets, so that none is forgotten.
#
#   sextant_library(io
#     SOURCES safetensors.cc ...        headers lie beside them and need no mention
#     TESTS   safetensors_test.cc ...   one executable io_test, every case known to ctest
#     FUZZ    safetensors_fuzz.cc ...   fuzzed with preset fuzz, replayed by ctest otherwise
#     DEPS    base                      folders of lower layers
#     LINK    PkgConfig::UTF8PROC       external libraries
#     TORCH       trainer.cc ...        sources that include torch: they go into libsextant_torch
#     TORCH_TESTS trainer_test.cc ...   one executable io_torch_test
#     TORCH_DEPS  nn                    folders whose TORCH part these use
#     TORCH_LINK  OpenSSL::Crypto)      external libraries of that half
set_property(GLOBAL PROPERTY SEXTANT_FOLDERS "")
set_property(GLOBAL PROPERTY SEXTANT_TORCH_FOLDERS "")

function(sextant_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;TESTS;FUZZ;DEPS;LINK;TORCH;TORCH_TESTS;TORCH_DEPS;TORCH_LINK"
                        ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sextant_library(${name}): unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_TORCH AND SEXTANT_TORCH)
    sextant_torch_part(${name} SOURCES ${arg_TORCH} TORCH ${arg_TORCH_DEPS} DEPS ${arg_DEPS}
                       LINK ${arg_TORCH_LINK})
  endif()
  if(arg_TORCH_TESTS AND SEXTANT_TORCH AND SEXTANT_BUILD_TESTS)
    sextant_torch_test(${name}_torch_test ${arg_TORCH_TESTS})
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(sextant_${name} OBJECT ${arg_SOURCES})
  target_include_directories(sextant_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  list(TRANSFORM arg_DEPS PREPEND sextant_)
  target_link_libraries(sextant_${name} PUBLIC ${arg_DEPS} ${arg_LINK} PRIVATE sextant_warnings)
  set_property(GLOBAL APPEND PROPERTY SEXTANT_FOLDERS sextant_${name})

  if(arg_TESTS AND SEXTANT_BUILD_TESTS)
    sextant_test(${name}_test SOURCES ${arg_TESTS})
  endif()
  foreach(source IN LISTS arg_FUZZ)
    sextant_fuzz(${source})
  endforeach()
endfunction()

# The half of a folder that includes torch. Only this one sees torch's headers.
function(sextant_torch_part name)
  cmake_parse_arguments(arg "" "" "SOURCES;TORCH;DEPS;LINK" ${ARGN})
  add_library(sextant_${name}_torch OBJECT ${arg_SOURCES})
  target_precompile_headers(sextant_${name}_torch REUSE_FROM sextant_torch_pch)
  target_include_directories(sextant_${name}_torch PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  list(TRANSFORM arg_TORCH REPLACE "(.+)" "sextant_\\1_torch")
  list(TRANSFORM arg_DEPS PREPEND sextant_)
  target_link_libraries(sextant_${name}_torch
    PUBLIC ${arg_TORCH} ${arg_DEPS} ${arg_LINK} ${TORCH_LIBRARIES} PRIVATE sextant_warnings)
  set_property(GLOBAL APPEND PROPERTY SEXTANT_TORCH_FOLDERS sextant_${name}_torch)
endfunction()

# Tests that include torch, compiled as the precompiled header is.
function(sextant_torch_test name)
  sextant_test(${name} SOURCES ${ARGN} LINK sextant_torch
               ENVIRONMENT GOMP_SPINCOUNT=1000)  # as nn/torch_library.cc sets it
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM sextant_torch_pch)
endfunction()

# A GoogleTest executable linked to the whole library. LABEL defaults to "unit".
function(sextant_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    sextant sextant_test_support sextant_warnings GTest::gmock GTest::gtest_main ${arg_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600 ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# x_fuzz.cc: libFuzzer target fuzz_x, or a replay of tests/fuzz_corpus/x as a ctest case.
function(sextant_fuzz source)
  get_filename_component(stem ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" stem ${stem})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz_corpus/${stem})
  if(SEXTANT_BUILD_FUZZ)
    add_executable(fuzz_${stem} ${source})
    target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${stem} PRIVATE sextant)
  elseif(SEXTANT_BUILD_TESTS)
    add_executable(replay_${stem} ${source} ${PROJECT_SOURCE_DIR}/tests/support/replay_main.cc)
    target_link_libraries(replay_${stem} PRIVATE sextant sextant_warnings)
    set_target_properties(replay_${stem} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME fuzz_replay.${stem} COMMAND replay_${stem} ${corpus})
    set_tests_properties(fuzz_replay.${stem} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()

# A google-benchmark executable linked to the whole library, at build/bench/NAME.
function(sextant_bench name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE sextant sextant_warnings benchmark::benchmark)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()
