#include "sextant/base/json.h"
#include "sextant/lm/sentence_config.h"
#include "sextant/nn/bert_config.h"

// Every small file of an encoder's folder, read as each of them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = sextant::parse_json(text, "config.json")) {
    static_cast<void>(sextant::nn::bert_config_from_hf(*json));
    static_cast<void>(sextant::lm::sentence_modules_from_json(*json));
    static_cast<void>(sextant::lm::pooling_from_json(*json));
    static_cast<void>(sextant::lm::sentence_length_from_json(*json));
  }
  return 0;
}
