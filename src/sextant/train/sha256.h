// SHA-256 of a file, as 64 hexadecimal digits. In libsextant_torch, since OpenSSL costs a text
// command 2 MB of memory.
#pragma once

#include <filesystem>
#include <string>

#include "sextant/base/error.h"

namespace sextant::train {

// Errors: those of opening and reading the file. About 1.5 GB/s with the processor's instructions.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace sextant::train
