#include "sextant/base/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = sextant::parse_toml(text, "fuzz.toml");
  if (document) {
    // What is written reads as the same values.
    const auto again = sextant::parse_toml(sextant::write_toml(*document), "again.toml");
    SEXTANT_CHECK(again && *again == *document, "a document changed when written");
  }
  return 0;
}
