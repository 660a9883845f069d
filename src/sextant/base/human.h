// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace sextant {

// "0.4s", "59s", "1m 05s", "2h 03m", "3d 04h"
std::string human_duration(double seconds);

// "512 B", "1.5 KB", "98 MB", "13.2 GB": powers of 1000, as disks and bandwidths are counted.
std::string human_bytes(uint64_t bytes);

// "1,234,567"
std::string human_count(int64_t count);

}  // namespace sextant
