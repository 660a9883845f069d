#include <cstdint>

#include "sextant/train/metrics_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto check = [](const sextant::train::MetricsRecord& record) {
    if (record.step < 0) {
      __builtin_trap();
    }
  };
  static_cast<void>(sextant::train::read_metrics(text, "fuzz", check));
  return 0;
}
