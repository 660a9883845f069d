// The alphabet in which byte-level vocabularies write bytes: printable characters stand for
// themselves, the others for U+0100 and up ("Ġ" is a space).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sextant/text/decoder.h"

namespace sextant::text {

// The code point that stands for a byte: U+0021 to U+0143.
uint32_t byte_to_letter(uint8_t byte);

// The bytes that an entry stands for; nothing where it holds a letter outside the alphabet.
std::optional<std::string> bytes_of_letters(std::string_view entry);

// The inverse.
std::string letters_of_bytes(std::string_view bytes);

// The decoder ByteLevel: an entry becomes its bytes, or stays where it holds other letters.
std::unique_ptr<Decoder> make_byte_level_decoder();

}  // namespace sextant::text
