#include "sextant/text/sentencepiece_proto.h"

#include <bit>
#include <cmath>

namespace sextant::text {
namespace {

constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr size_t kMaxPieces = size_t{1} << 19;  // twice the largest published vocabularies
constexpr size_t kMaxPieceBytes = 1024;         // matching costs the text times the longest piece

Failure broken(std::string_view what, size_t position) {
  return fail(ErrorCode::kDataLoss, "[text/sentencepiece] model: {} at byte {}", what, position);
}

struct Field {
  uint64_t number = 0;
  uint64_t value = 0;           // of integers; the bits of fixed ones
  std::string_view bytes = {};  // of length-delimited fields
  int wire_type = 0;
};

// Walks over the fields of one message.
class Reader {
 public:
  // `message` lies within `whole`; positions in errors count from the whole.
  Reader(std::string_view message, std::string_view whole)
      : whole_(whole),
        position_(static_cast<size_t>(message.data() - whole.data())),
        end_(position_ + message.size()) {}

  bool done() const { return position_ == end_; }

  Result<Field> next() {
    const size_t begin = position_;
    SEXTANT_TRY(const uint64_t key, varint());
    Field field{.number = key >> 3, .wire_type = static_cast<int>(key & 7)};
    if (field.number == 0) {
      return broken("expected a field number above 0", begin);
    }
    switch (field.wire_type) {
      case 0: {
        SEXTANT_TRY(field.value, varint());
        break;
      }
      case 1:
      case 5: {
        SEXTANT_TRY(field.bytes, take(field.wire_type == 1 ? 8 : 4));
        for (size_t i = field.bytes.size(); i-- > 0;) {
          field.value = field.value << 8 | static_cast<unsigned char>(field.bytes[i]);
        }
        break;
      }
      case 2: {
        SEXTANT_TRY(const uint64_t size, varint());
        SEXTANT_TRY(field.bytes, take(size));
        break;
      }
      default:
        return broken("expected wire type 0, 1, 2 or 5", begin);
    }
    return field;
  }

 private:
  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && position_ < end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(whole_[position_++]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return broken("expected the end of a number", position_);
  }

  Result<std::string_view> take(uint64_t size) {
    if (size > end_ - position_) {
      return fail(ErrorCode::kDataLoss,
                  "[text/sentencepiece] model: field at byte {}: expected {} bytes, found {}",
                  position_, size, end_ - position_);
    }
    const std::string_view out = whole_.substr(position_, size);
    position_ += size;
    return out;
  }

  std::string_view whole_;
  size_t position_;
  size_t end_;
};

Result<void> add_piece(std::string_view message, SentencePieceProto& model) {
  const size_t id = model.pieces.size();
  if (id >= kMaxPieces) {
    return fail(ErrorCode::kOutOfRange,
                "[text/sentencepiece] model: expected at most {} pieces, found more", kMaxPieces);
  }
  SentencePieceProto::Piece piece;
  Reader reader(message, model.bytes);
  while (!reader.done()) {
    SEXTANT_TRY(const Field field, reader.next());
    if (field.number == 1 && field.wire_type == 2) {
      if (field.bytes.size() > kMaxPieceBytes) {
        return fail(ErrorCode::kOutOfRange,
                    "[text/sentencepiece] piece {}: expected at most {} bytes, found {}", id,
                    kMaxPieceBytes, field.bytes.size());
      }
      piece.begin = static_cast<uint32_t>(field.bytes.data() - model.bytes.data());
      piece.size = static_cast<uint32_t>(field.bytes.size());
    } else if (field.number == 2 && field.wire_type == 5) {
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    } else if (field.number == 3 && field.wire_type == 0) {
      if (field.value < 1 || field.value > 6) {
        return fail(ErrorCode::kDataLoss,
                    "[text/sentencepiece] piece {}: expected a type of 1 to 6, found {}", id,
                    field.value);
      }
      piece.type = static_cast<SentencePieceProto::PieceType>(field.value);
    }
  }
  if (piece.size == 0 || std::isnan(piece.score)) {
    return fail(ErrorCode::kDataLoss, "[text/sentencepiece] piece {}: expected {}, found {}", id,
                piece.size == 0 ? "a text" : "a score",
                piece.size == 0 ? "none" : "one that is not a number");
  }
  model.pieces.push_back(piece);
  return {};
}

Result<void> read_trainer_spec(std::string_view message, SentencePieceProto& model) {
  Reader reader(message, model.bytes);
  while (!reader.done()) {
    SEXTANT_TRY(const Field field, reader.next());
    if (field.number == 3 && field.wire_type == 0) {
      if (field.value < 1 || field.value > 4) {
        return fail(ErrorCode::kDataLoss,
                    "[text/sentencepiece] trainer_spec: expected a model_type of 1 to 4, found {}",
                    field.value);
      }
      model.model_type = static_cast<SentencePieceProto::ModelType>(field.value);
    } else if (field.number == 24 && field.wire_type == 0) {
      model.treat_whitespace_as_suffix = field.value != 0;
    } else if (field.number == 35 && field.wire_type == 0) {
      model.byte_fallback = field.value != 0;
    } else if (field.number == 46 && field.wire_type == 2) {
      model.bos_piece = field.bytes;
    } else if (field.number == 47 && field.wire_type == 2) {
      model.eos_piece = field.bytes;
    }
  }
  return {};
}

Result<void> read_normalizer_spec(std::string_view message, SentencePieceProto& model) {
  Reader reader(message, model.bytes);
  while (!reader.done()) {
    SEXTANT_TRY(const Field field, reader.next());
    if (field.number == 2 && field.wire_type == 2) {
      model.precompiled_charsmap = field.bytes;
    } else if (field.number == 3 && field.wire_type == 0) {
      model.add_dummy_prefix = field.value != 0;
    } else if (field.number == 4 && field.wire_type == 0) {
      model.remove_extra_whitespaces = field.value != 0;
    } else if (field.number == 5 && field.wire_type == 0) {
      model.escape_whitespaces = field.value != 0;
    }
  }
  return {};
}

}  // namespace

Result<SentencePieceProto> read_sentencepiece_proto(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) {
    return fail(ErrorCode::kOutOfRange,
                "[text/sentencepiece] model: expected at most {} bytes, found {}", kMaxBytes,
                bytes.size());
  }
  SentencePieceProto model;
  model.bytes = bytes;
  Reader reader(bytes, bytes);
  while (!reader.done()) {
    SEXTANT_TRY(const Field field, reader.next());
    if (field.wire_type != 2) {
      continue;
    }
    if (field.number == 1) {
      SEXTANT_TRY_VOID(add_piece(field.bytes, model));
    } else if (field.number == 2) {
      SEXTANT_TRY_VOID(read_trainer_spec(field.bytes, model));
    } else if (field.number == 3) {
      SEXTANT_TRY_VOID(read_normalizer_spec(field.bytes, model));
    }
  }
  if (model.pieces.empty()) {
    return fail(ErrorCode::kDataLoss,
                "[text/sentencepiece] model: expected pieces, found none in {} bytes",
                bytes.size());
  }
  return model;
}

}  // namespace sextant::text
