#include "sextant/text/decode_table.h"

namespace sextant::text {

DecodeTable::DecodeTable(int32_t size, const Decoders& decoders,
                         const std::function<std::string_view(int32_t)>& piece) {
  begins_.reserve(static_cast<size_t>(size) + 1);
  begins_.push_back(0);
  std::string token;
  for (int32_t id = 0; id < size; ++id) {
    token = piece(id);
    for (const auto& decoder : decoders) {
      decoder->apply(token, false);
    }
    bytes_.append(token);
    begins_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
}

}  // namespace sextant::text
