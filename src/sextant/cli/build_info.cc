#include "sextant/cli/build_info.h"

#include <hwy/targets.h>

#include "sextant/base/format.h"
#include "sextant_commit.h"

namespace sextant::cli {
namespace {

#if defined(__clang__)
constexpr std::string_view kCompiler = "Clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "GCC " __VERSION__;
#endif

}  // namespace

BuildInfo build_info() {
  return {.version = SEXTANT_VERSION,
          .commit = SEXTANT_COMMIT,
          .compiler = kCompiler,
          .build_type = SEXTANT_BUILD_TYPE};
}

std::vector<std::string_view> simd_targets() {
  std::vector<std::string_view> names;
  // A lower bit is a better target.
  for (auto left = static_cast<uint64_t>(hwy::SupportedTargets()); left != 0; left &= left - 1) {
    names.emplace_back(hwy::TargetName(static_cast<int64_t>(left & -left)));
  }
  return names;
}

std::string version_text() {
  const BuildInfo info = build_info();
  return format("sextant {} ({})\ncompiler  {}\nbuild     {}\nSIMD      {}\n", info.version,
                info.commit, info.compiler, info.build_type, simd_targets().front());
}

}  // namespace sextant::cli
