#include "sextant/text/tokenizer.h"

namespace {

void use(const sextant::Result<sextant::text::Tokenizer>& tokenizer, std::string_view text) {
  if (!tokenizer) {
    return;
  }
  for (const bool special : {false, true}) {
    const auto ids = tokenizer->encode(text, {.add_special = special, .parse_special = special});
    static_cast<void>(tokenizer->decode(ids, special));
  }
}

}  // namespace

// A model file, and a part of it as the text to encode.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string_view text :
       {bytes.substr(0, 300), std::string_view("  Hello \xC3\xA9\xFF a. ")}) {
    use(sextant::text::Tokenizer::from_sentencepiece(bytes), text);
    use(sextant::text::Tokenizer::from_llama2c_vocab(bytes), text);
  }
  return 0;
}
