// tokenizer.json from outside; where it loads, text goes through it.
#include <cstdint>
#include <string_view>

#include "sextant/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sextant::text::Tokenizer;
  const auto tokenizer = Tokenizer::from_hf_json({reinterpret_cast<const char*>(data), size});
  if (!tokenizer) {
    return 0;
  }
  constexpr std::string_view kTexts[] = {"", "Hello world's 123  \n\n\t\u00e9\u6f22 <s>[CLS] don't",
                                         "\xFF\xC3 a\x80", "   ", "aaaaaaaaaaaaaaaa"};
  for (const std::string_view text : kTexts) {
    const auto ids = tokenizer->encode(text, {.add_special = true, .parse_special = true});
    static_cast<void>(tokenizer->encode(text, {}));
    static_cast<void>(tokenizer->decode(ids));
    static_cast<void>(tokenizer->decode(ids, true));
    for (const int32_t id : ids) {
      static_cast<void>(tokenizer->piece(id));
      static_cast<void>(tokenizer->token_bytes(id));
    }
  }
  return 0;
}
