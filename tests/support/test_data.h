// Where tests find their files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sextant::test_data {

// A file of the repository, e.g. repository("tests/parity/x.json").
std::filesystem::path repository(std::string_view relative);

// A file of the development data that lies beside the checkout ($SEXTANT_SHARED or ../shared);
// nothing where it is absent: the test then skips and says so. E.g.
// shared("data/lm-stories260k/tok512.bin").
std::optional<std::filesystem::path> shared(std::string_view relative);

// The whole file; fails the running test where it cannot be read.
std::string read(const std::filesystem::path& path);

}  // namespace sextant::test_data
