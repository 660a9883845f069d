// The fields of a SentencePiece model file that decide how text becomes ids. The file is a
// protocol buffer; a reader of one's own is smaller than the library and bounds-checked for this.
//
// Views point into the bytes given, which must outlive the result. Cost: 16 bytes a piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::text {

struct SentencePieceProto {
  enum class ModelType { kUnigram = 1, kBpe = 2, kWord = 3, kChar = 4 };
  enum class PieceType : uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6,
  };

  struct Piece {
    uint32_t begin = 0;  // of its text in `bytes`
    float score = 0;
    uint32_t size : 24 = 0;
    PieceType type : 8 = PieceType::kNormal;
  };

  std::string_view bytes;
  std::vector<Piece> pieces;  // the index is the id
  ModelType model_type = ModelType::kUnigram;
  bool byte_fallback = false;
  bool treat_whitespace_as_suffix = false;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
  std::string_view bos_piece = "<s>";
  std::string_view eos_piece = "</s>";
  std::string_view precompiled_charsmap;

  std::string_view text(const Piece& piece) const { return bytes.substr(piece.begin, piece.size); }
};

// Errors: kDataLoss (not such a file: a field that passes the end, an unknown piece type, an empty
// piece, none at all), kOutOfRange (over 64 MiB, over 524,288 pieces, a piece over 1 KiB).
Result<SentencePieceProto> read_sentencepiece_proto(std::string_view bytes);

}  // namespace sextant::text
