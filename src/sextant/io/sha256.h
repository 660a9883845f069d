// SHA-256 of a file, as 64 hexadecimal digits.
#pragma once

#include <filesystem>
#include <string>

#include "sextant/base/error.h"

namespace sextant::io {

// Errors: those of opening and reading the file. About 1.5 GB/s with the processor's instructions.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace sextant::io
