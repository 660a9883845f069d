// What the readers of zip archives (pickle, npz) share.
#pragma once

#include "sextant/io/mapped_file.h"

namespace sextant::io {

struct ArchiveOptions {
  LoadMode mode = LoadMode::kMap;
  // Compares the CRC-32 of all stored tensor data as well, which reads the whole file. What is
  // parsed or unpacked on opening is always compared.
  bool check_data = false;
};

}  // namespace sextant::io
