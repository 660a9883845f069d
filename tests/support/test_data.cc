#include "support/test_data.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sextant::test_data {

std::filesystem::path repository(std::string_view relative) {
  return std::filesystem::path(SEXTANT_REPOSITORY) / relative;
}

std::optional<std::filesystem::path> shared(std::string_view relative) {
  const char* set = std::getenv("SEXTANT_SHARED");
  const std::filesystem::path root =
      set != nullptr ? std::filesystem::path(set) : repository("../shared");
  std::filesystem::path path = root / relative;
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  return path;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path.string());
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace sextant::test_data
