// vocab.json, merges.txt and tokenizer_config.json from outside, separated by zero bytes; where
// they load, text goes through them.
#include <cstdint>
#include <string_view>

#include "sextant/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t first = std::min(all.find('\0'), size);
  const size_t second = std::min(all.find('\0', first + 1), size);
  const auto tokenizer = sextant::text::Tokenizer::from_gpt2_files(
      all.substr(0, first), all.substr(std::min(first + 1, size), second - first),
      all.substr(std::min(second + 1, size)));
  if (tokenizer) {
    const auto ids = tokenizer->encode("Hello world's 123 <|endoftext|>\n \xFF",
                                       {.add_special = true, .parse_special = true});
    static_cast<void>(tokenizer->decode(ids, true));
  }
  return 0;
}
