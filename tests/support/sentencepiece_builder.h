// Writes SentencePiece model files for tests, well-formed and not.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sextant::test_data {

class SentencePieceBuilder {
 public:
  static std::string varint(uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7) {
      out.push_back(static_cast<char>(value | 0x80));
    }
    out.push_back(static_cast<char>(value));
    return out;
  }
  static std::string number(int field, uint64_t value) {
    return varint(static_cast<uint64_t>(field) << 3) + varint(value);
  }
  static std::string bytes(int field, std::string_view value) {
    return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(value.size()) +
           std::string(value);
  }
  static std::string real(int field, float value) {
    std::string out = varint(static_cast<uint64_t>(field) << 3 | 5) + std::string(4, '\0');
    std::memcpy(out.data() + out.size() - 4, &value, 4);
    return out;
  }

  // Types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
  SentencePieceBuilder& piece(std::string_view text, float score = 0, int type = 1) {
    out_ += bytes(1, bytes(1, text) + real(2, score) + number(3, static_cast<uint64_t>(type)));
    return *this;
  }
  SentencePieceBuilder& all_bytes() {
    for (int byte = 0; byte < 256; ++byte) {
      char text[8];
      std::snprintf(text, sizeof(text), "<0x%02X>", byte);
      piece(text, 0, 6);
    }
    return *this;
  }
  SentencePieceBuilder& trainer(std::string_view message) {
    out_ += bytes(2, message);
    return *this;
  }
  SentencePieceBuilder& normalizer(std::string_view message) {
    out_ += bytes(3, message);
    return *this;
  }
  SentencePieceBuilder& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  const std::string& build() const { return out_; }

 private:
  std::string out_;
};

}  // namespace sextant::test_data
