#include "sextant/text/byte_alphabet.h"

#include <array>
#include <utility>

#include "sextant/base/utf8.h"

namespace sextant::text {
namespace {

constexpr uint32_t kLetters = 0x144;  // one more than the last

struct Alphabet {
  std::array<uint16_t, 256> letter{};
  std::array<int16_t, kLetters> byte{};

  constexpr Alphabet() {
    byte.fill(-1);
    uint16_t next = 0x100;
    for (int b = 0; b < 256; ++b) {
      const bool prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      letter[static_cast<size_t>(b)] = prints ? static_cast<uint16_t>(b) : next++;
      byte[letter[static_cast<size_t>(b)]] = static_cast<int16_t>(b);
    }
  }
};

constexpr Alphabet kAlphabet;

class ByteLevelDecoder final : public Decoder {
 public:
  void apply(std::string& token, bool) const override {
    if (std::optional<std::string> bytes = bytes_of_letters(token)) {
      token = std::move(*bytes);
    }
  }
};

}  // namespace

uint32_t byte_to_letter(uint8_t byte) { return kAlphabet.letter[byte]; }

std::optional<std::string> bytes_of_letters(std::string_view entry) {
  std::string bytes;
  bytes.reserve(entry.size());
  for (size_t position = 0; position < entry.size();) {
    const CodePoint code = decode_utf8(entry, position);
    if (!code.valid || code.value >= kLetters || kAlphabet.byte[code.value] < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(kAlphabet.byte[code.value]));
    position += code.length;
  }
  return bytes;
}

std::string letters_of_bytes(std::string_view bytes) {
  std::string letters;
  for (const char byte : bytes) {
    append_utf8(letters, byte_to_letter(static_cast<uint8_t>(byte)));
  }
  return letters;
}

std::unique_ptr<Decoder> make_byte_level_decoder() { return std::make_unique<ByteLevelDecoder>(); }

}  // namespace sextant::text
