#include "sextant/base/json.h"
#include "sextant/lm/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = sextant::parse_json(text, "config.json")) {
    static_cast<void>(sextant::lm::config_from_hf(*json));
  }
  return 0;
}
