// What this build is: for --version, doctor, and the records of benchmarks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sextant::cli {

struct BuildInfo {
  std::string_view version;     // "0.1.0"
  std::string_view commit;      // short hash, or "unknown" outside a git checkout
  std::string_view compiler;    // "GCC 12.2.0"
  std::string_view build_type;  // "Release", with sanitizers where there are any
};

BuildInfo build_info();

// SIMD targets that this processor runs, best first: "AVX3_DL", "AVX2", ...
std::vector<std::string_view> simd_targets();

// The lines of --version.
std::string version_text();

}  // namespace sextant::cli
