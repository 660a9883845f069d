#include "sextant/text/sentencepiece.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "sextant/text/gguf_vocabulary.h"
#include "sextant/text/piece_decoders.h"
#include "sextant/text/sentencepiece_bpe.h"
#include "sextant/text/sentencepiece_normalizer.h"
#include "sextant/text/sentencepiece_proto.h"
#include "sextant/text/sentencepiece_vocabulary.h"
#include "sextant/text/unigram.h"

namespace sextant::text {
namespace {

using PieceType = SentencePieceProto::PieceType;

struct Recipe {
  SentencePieceList list;
  SentencePieceNormalizer::Options options;
  PrecompiledCharsmap charsmap;
  bool unigram = false;
};

void add_control_tokens(const SentencePieceList& list, TokenizerParts& parts) {
  for (size_t i = 0; i < list.texts.size(); ++i) {
    if (list.types[i] == PieceType::kControl || list.types[i] == PieceType::kUnknown) {
      parts.added.push_back(
          {.content = std::string(list.texts[i]), .id = static_cast<int32_t>(i), .special = true});
    }
  }
}

Result<ByteTrie> user_defined_of(const SentencePieceList& list, std::string_view what) {
  std::vector<ByteTrie::Entry> symbols;
  for (size_t i = 0; i < list.texts.size(); ++i) {
    if (list.types[i] == PieceType::kUserDefined) {
      symbols.push_back({list.texts[i], static_cast<int32_t>(i)});
    }
  }
  return ByteTrie::build(symbols, what);
}

// Normaliser, model, decoder and unknown id; not the added tokens and the frame.
Result<TokenizerParts> make_parts(Recipe recipe, std::string_view what) {
  TokenizerParts parts;
  const SentencePieceNormalizer::Options& options = recipe.options;
  SEXTANT_TRY(ByteTrie symbols, user_defined_of(recipe.list, what));
  parts.normalizers.push_back(std::make_unique<SentencePieceNormalizer>(
      options, std::move(recipe.charsmap), std::move(symbols)));
  if (recipe.unigram) {
    parts.kind = "SentencePiece unigram";
    SEXTANT_TRY(UnigramParts model, unigram_from_sentencepiece(std::move(recipe.list), what));
    parts.unknown = model.unknown;
    parts.model = std::make_unique<Unigram>(std::move(model));
  } else {
    parts.kind = "SentencePiece BPE";
    SEXTANT_TRY(auto vocabulary, SentencePieceVocabulary::build(std::move(recipe.list), what));
    parts.unknown = vocabulary.unknown();
    parts.model = std::make_unique<SentencePieceBpe>(std::move(vocabulary));
  }
  const bool strip = (options.add_dummy_prefix && !options.whitespace_as_suffix) ||
                     options.remove_extra_whitespaces;
  parts.decoders.push_back(std::make_unique<SentencePieceDecoder>(strip));
  return parts;
}

void set_frame(TokenizerParts& parts, bool bos, bool eos) {
  if (bos && parts.bos) {
    parts.frame.before.push_back(*parts.bos);
  }
  if (eos && parts.eos) {
    parts.frame.after.push_back(*parts.eos);
  }
}

// The id of a control piece by its text.
std::optional<int32_t> control_piece(const SentencePieceProto& proto, std::string_view text) {
  for (size_t i = 0; i < proto.pieces.size(); ++i) {
    if (proto.pieces[i].type == PieceType::kControl && proto.text(proto.pieces[i]) == text) {
      return static_cast<int32_t>(i);
    }
  }
  return std::nullopt;
}

SentencePieceList list_of(const SentencePieceProto& proto) {
  SentencePieceList list;
  list.byte_fallback = proto.byte_fallback;
  list.texts.reserve(proto.pieces.size());
  list.scores.reserve(proto.pieces.size());
  list.types.reserve(proto.pieces.size());
  for (const SentencePieceProto::Piece& piece : proto.pieces) {
    list.texts.push_back(proto.text(piece));
    list.scores.push_back(piece.score);
    list.types.push_back(piece.type);
  }
  return list;
}

// A text piece that comes twice: the reference library refuses such a file.
Result<void> check_unique(const SentencePieceProto& proto, const Model& model) {
  for (size_t i = 0; i < proto.pieces.size(); ++i) {
    const std::string_view text = proto.text(proto.pieces[i]);
    const std::optional<int32_t> found = model.find(text);
    if (found && *found != static_cast<int32_t>(i)) {
      return fail(ErrorCode::kDataLoss,
                  "[text/sentencepiece] model: expected each piece once, found \"{}\" as {} and {}",
                  printable(text), i, *found);
    }
  }
  return {};
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::optional<uint32_t> u32() {
    if (rest_.size() < 4) {
      return std::nullopt;
    }
    uint32_t value = 0;
    std::memcpy(&value, rest_.data(), 4);
    rest_.remove_prefix(4);
    return value;
  }
  std::optional<std::string_view> take(size_t size) {
    if (rest_.size() < size) {
      return std::nullopt;
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

 private:
  std::string_view rest_;
};

// What llama2.c's export puts at the first ids.
constexpr size_t kLlama2cFirstByte = 3;
constexpr size_t kLlama2cFirstText = kLlama2cFirstByte + 256;
constexpr size_t kLlama2cMaxPiece = 1024;

Result<void> add_llama2c_piece(ByteReader& reader, SentencePieceList& list) {
  const size_t id = list.texts.size();
  const auto score = reader.u32();
  const auto size = reader.u32();
  const auto text = size && *size <= kLlama2cMaxPiece ? reader.take(*size) : std::nullopt;
  if (!score || !text || std::isnan(std::bit_cast<float>(*score))) {
    return fail(ErrorCode::kDataLoss,
                "[text/llama2c] piece {}: expected a score, a size of at most {} and as many bytes",
                id, kLlama2cMaxPiece);
  }
  const bool byte = id >= kLlama2cFirstByte && id < kLlama2cFirstText;
  if (byte && byte_of_piece(*text) != static_cast<int>(id - kLlama2cFirstByte)) {
    return fail(ErrorCode::kDataLoss, "[text/llama2c] piece {}: expected byte {}, found \"{}\"", id,
                id - kLlama2cFirstByte, printable(*text));
  }
  list.texts.push_back(*text);
  list.scores.push_back(std::bit_cast<float>(*score));
  list.types.push_back(id == 0                  ? PieceType::kUnknown
                       : id < kLlama2cFirstByte ? PieceType::kControl
                       : byte                   ? PieceType::kByte
                                                : PieceType::kNormal);
  return {};
}

// A GGUF vocabulary numbers the kinds as SentencePiece does.
Result<PieceType> gguf_type(int32_t type, size_t id) {
  if (type < 1 || type > 6) {
    return fail(ErrorCode::kDataLoss, "[text/gguf] token {}: expected a type of 1 to 6, found {}",
                id, type);
  }
  return static_cast<PieceType>(type);
}

Result<SentencePieceList> list_of(const GgufVocabulary& vocabulary) {
  const size_t count = vocabulary.tokens.size();
  for (const auto& [what, size] : {std::pair("scores", vocabulary.scores.size()),
                                   std::pair("token types", vocabulary.types.size())}) {
    if (size != count && size != 0) {
      return fail(ErrorCode::kDataLoss, "[text/gguf] {}: expected {}, found {}", what, count, size);
    }
  }
  const auto unknown = static_cast<size_t>(std::max(vocabulary.unknown.value_or(0), 0));
  SentencePieceList list;
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    PieceType type = PieceType::kNormal;
    if (!vocabulary.types.empty()) {
      SEXTANT_TRY(type, gguf_type(vocabulary.types[i], i));
    }
    // One token is the unknown one, whatever the types say; an empty text is a hole.
    if (i == unknown) {
      type = PieceType::kUnknown;
    } else if (type == PieceType::kUnknown || vocabulary.tokens[i].empty()) {
      type = PieceType::kControl;
    }
    bytes += type == PieceType::kByte ? 1 : 0;
    const float score = vocabulary.scores.empty() ? 0 : vocabulary.scores[i];
    if (std::isnan(score)) {
      return fail(ErrorCode::kDataLoss, "[text/gguf] token {}: expected a score, found NaN", i);
    }
    list.texts.push_back(vocabulary.tokens[i]);
    list.scores.push_back(score);
    list.types.push_back(type);
  }
  list.byte_fallback = bytes >= 256;
  return list;
}

Result<TokenizerParts> parts_from_gguf(GgufVocabulary vocabulary, bool unigram) {
  Recipe recipe;
  recipe.unigram = unigram;
  SEXTANT_TRY(recipe.list, list_of(vocabulary));
  const std::vector<uint8_t>& map = vocabulary.precompiled_charsmap;
  SEXTANT_TRY(recipe.charsmap,
              PrecompiledCharsmap::parse({reinterpret_cast<const char*>(map.data()), map.size()}));
  recipe.options.add_dummy_prefix = vocabulary.add_space_prefix.value_or(true);
  recipe.options.remove_extra_whitespaces = vocabulary.remove_extra_whitespaces.value_or(unigram);
  recipe.options.keep_invalid = recipe.list.byte_fallback;
  SEXTANT_TRY(TokenizerParts parts, make_parts(std::move(recipe), "[text/gguf] vocabulary"));
  const std::optional<int32_t> unknown = parts.unknown;
  parts.added = added_tokens_of(vocabulary);
  vocabulary.add_bos = vocabulary.add_bos.value_or(!unigram);
  vocabulary.add_eos = vocabulary.add_eos.value_or(unigram);
  apply_gguf_specials(vocabulary, parts);
  parts.unknown = unknown;
  return parts;
}

}  // namespace

Result<TokenizerParts> parts_from_sentencepiece(std::string_view bytes) {
  SEXTANT_TRY(const SentencePieceProto proto, read_sentencepiece_proto(bytes));
  using ModelType = SentencePieceProto::ModelType;
  if (proto.model_type != ModelType::kUnigram && proto.model_type != ModelType::kBpe) {
    return fail(ErrorCode::kUnsupported,
                "[text/sentencepiece] model_type: expected unigram or bpe, found {}",
                proto.model_type == ModelType::kWord ? "word" : "char");
  }
  Recipe recipe;
  recipe.list = list_of(proto);
  recipe.unigram = proto.model_type == ModelType::kUnigram;
  recipe.options = {.add_dummy_prefix = proto.add_dummy_prefix,
                    .remove_extra_whitespaces = proto.remove_extra_whitespaces,
                    .escape_whitespaces = proto.escape_whitespaces,
                    .whitespace_as_suffix = proto.treat_whitespace_as_suffix};
  SEXTANT_TRY(recipe.charsmap, PrecompiledCharsmap::parse(proto.precompiled_charsmap));
  TokenizerParts controls;
  add_control_tokens(recipe.list, controls);
  SEXTANT_TRY(TokenizerParts parts, make_parts(std::move(recipe), "[text/sentencepiece] model"));
  SEXTANT_TRY_VOID(check_unique(proto, *parts.model));
  parts.added = std::move(controls.added);
  parts.bos = control_piece(proto, proto.bos_piece);
  parts.eos = control_piece(proto, proto.eos_piece);
  set_frame(parts, true, !parts.bos);
  return parts;
}

Result<TokenizerParts> parts_from_llama2c(std::string_view bytes) {
  ByteReader reader(bytes);
  Recipe recipe;
  recipe.list.byte_fallback = true;
  if (!reader.u32()) {
    return fail(ErrorCode::kDataLoss, "[text/llama2c] file: expected a length of 4 bytes, found {}",
                bytes.size());
  }
  while (!reader.done()) {
    SEXTANT_TRY_VOID(add_llama2c_piece(reader, recipe.list));
  }
  if (recipe.list.texts.size() < kLlama2cFirstText) {
    return fail(ErrorCode::kDataLoss, "[text/llama2c] file: expected at least {} pieces, found {}",
                kLlama2cFirstText, recipe.list.texts.size());
  }
  // Spaces are spaces in these pieces.
  recipe.options = {
      .remove_extra_whitespaces = false, .escape_whitespaces = false, .keep_invalid = true};
  TokenizerParts controls;
  add_control_tokens(recipe.list, controls);
  SEXTANT_TRY(TokenizerParts parts, make_parts(std::move(recipe), "[text/llama2c] file"));
  // The file writes them between line feeds.
  for (AddedToken& token : controls.added) {
    std::erase(token.content, '\n');
  }
  parts.added = std::move(controls.added);
  parts.bos = 1;
  parts.eos = 2;
  set_frame(parts, true, false);
  return parts;
}

Result<TokenizerParts> parts_from_gguf_llama(GgufVocabulary vocabulary) {
  return parts_from_gguf(std::move(vocabulary), false);
}

Result<TokenizerParts> parts_from_gguf_t5(GgufVocabulary vocabulary) {
  return parts_from_gguf(std::move(vocabulary), true);
}

Result<Tokenizer> Tokenizer::from_sentencepiece(std::string_view bytes) {
  SEXTANT_TRY(TokenizerParts parts, parts_from_sentencepiece(bytes));
  return make_tokenizer(std::move(parts));
}

Result<Tokenizer> Tokenizer::from_llama2c_vocab(std::string_view bytes) {
  SEXTANT_TRY(TokenizerParts parts, parts_from_llama2c(bytes));
  return make_tokenizer(std::move(parts));
}

}  // namespace sextant::text
