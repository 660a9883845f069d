#include "sextant/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "sextant/text/decode_table.h"
#include "sextant/text/tokenizer_parts.h"

namespace sextant::text {

class Tokenizer::Impl {
 public:
  Impl(TokenizerParts parts, AddedTokens added)
      : parts_(std::move(parts)), added_(std::move(added)), size_(parts_.model->size()) {
    for (const AddedToken& token : added_.tokens()) {
      size_ = std::max(size_, token.id + 1);
    }
    table_ = DecodeTable(size_, [this](int32_t id) {
      return DecodeTable::Entry{decoded(id, false), is_special(id)};
    });
  }

  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options) const;
  std::string decode(std::span<const int32_t> ids, bool keep_special) const;

  std::string_view piece(int32_t id) const {
    const AddedToken* token = added_.by_id(id);
    return token != nullptr ? std::string_view(token->content) : parts_.model->piece(id);
  }
  std::optional<int32_t> id_of(std::string_view wanted) const {
    const std::optional<int32_t> added = added_.find(wanted);
    return added ? added : parts_.model->find(wanted);
  }
  bool is_special(int32_t id) const {
    const AddedToken* token = added_.by_id(id);
    return token != nullptr && token->special;
  }
  std::string_view token_bytes(int32_t id) const {
    return table_.is_special(id) ? std::string_view() : table_.bytes(id);
  }
  int32_t size() const { return size_; }
  const TokenizerParts& parts() const { return parts_; }

 private:
  // The text between raw added tokens: normalises it, cuts out the normalised ones, encodes the
  // rest.
  void encode_stretch(std::string text, bool at_start, bool parse_special,
                      std::vector<int32_t>& ids) const;
  void encode_pieces(std::string text, bool at_start, std::vector<int32_t>& ids) const;

  std::string decoded(int32_t id, bool first) const {
    std::string token(piece(id));
    for (const auto& decoder : parts_.decoders) {
      decoder->apply(token, first);
    }
    return token;
  }

  TokenizerParts parts_;
  AddedTokens added_;
  int32_t size_;
  DecodeTable table_;
};

std::vector<int32_t> Tokenizer::Impl::encode(std::string_view text,
                                             const EncodeOptions& options) const {
  std::vector<int32_t> ids;
  if (options.add_special) {
    ids = parts_.frame.before;
  }
  std::vector<AddedTokens::Match> matches;
  added_.find_raw(text, options.parse_special, options.plain, matches);
  size_t position = 0;
  for (const AddedTokens::Match& match : matches) {
    encode_stretch(std::string(text.substr(position, match.begin - position)), position == 0,
                   options.parse_special, ids);
    ids.push_back(match.id);
    position = match.end;
  }
  encode_stretch(std::string(text.substr(position)), position == 0, options.parse_special, ids);
  if (options.add_special) {
    ids.insert(ids.end(), parts_.frame.after.begin(), parts_.frame.after.end());
  }
  return ids;
}

void Tokenizer::Impl::encode_stretch(std::string text, bool at_start, bool parse_special,
                                     std::vector<int32_t>& ids) const {
  if (text.empty()) {
    return;
  }
  normalize(parts_.normalizers, text);
  std::vector<AddedTokens::Match> matches;
  added_.find_normalized(text, parse_special, matches);
  if (matches.empty()) {
    encode_pieces(std::move(text), at_start, ids);
    return;
  }
  size_t position = 0;
  for (const AddedTokens::Match& match : matches) {
    encode_pieces(text.substr(position, match.begin - position), at_start && position == 0, ids);
    ids.push_back(match.id);
    position = match.end;
  }
  encode_pieces(text.substr(position), at_start && position == 0, ids);
}

void Tokenizer::Impl::encode_pieces(std::string text, bool at_start,
                                    std::vector<int32_t>& ids) const {
  if (text.empty()) {
    return;
  }
  const size_t size = text.size();
  Pieces pieces{.text = std::move(text), .spans = {{0, size}}, .at_start = at_start};
  for (const auto& pre_tokenizer : parts_.pre_tokenizers) {
    pre_tokenizer->apply(pieces);
  }
  parts_.model->encode(pieces, ids);
}

std::string Tokenizer::Impl::decode(std::span<const int32_t> ids, bool keep_special) const {
  const auto is_shown = [&](int32_t id) {
    return table_.contains(id) && (keep_special || !table_.is_special(id));
  };
  const auto first = std::find_if(ids.begin(), ids.end(), is_shown);
  if (first == ids.end()) {
    return {};
  }
  std::string text = decoded(*first, true);
  table_.append(ids.subspan(static_cast<size_t>(first - ids.begin()) + 1), keep_special, text);
  return text;
}

Result<Tokenizer> make_tokenizer(TokenizerParts parts) {
  SEXTANT_CHECK(parts.model != nullptr, "a loader made no model");
  SEXTANT_TRY(AddedTokens added, AddedTokens::build(parts.added, parts.normalizers));
  auto impl = std::make_shared<const Tokenizer::Impl>(std::move(parts), std::move(added));
  const auto inside = [&impl](std::optional<int32_t> id) {
    return !id || (*id >= 0 && *id < impl->size());
  };
  const TokenizerParts& made = impl->parts();
  std::vector<std::optional<int32_t>> used = {made.bos, made.eos, made.unknown};
  used.insert(used.end(), made.frame.before.begin(), made.frame.before.end());
  used.insert(used.end(), made.frame.after.begin(), made.frame.after.end());
  for (const std::optional<int32_t>& id : used) {
    if (!inside(id)) {
      return fail(ErrorCode::kOutOfRange,
                  "[text/tokenizer] special token: expected an id of 0 to {}, found {}",
                  impl->size() - 1, *id);
    }
  }
  return Tokenizer(std::move(impl));
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return impl_->encode(text, options);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool keep_special) const {
  return impl_->decode(ids, keep_special);
}

std::string Tokenizer::token_bytes(int32_t id) const { return std::string(impl_->token_bytes(id)); }

std::string_view Tokenizer::piece(int32_t id) const { return impl_->piece(id); }
std::optional<int32_t> Tokenizer::id_of(std::string_view piece) const {
  return impl_->id_of(piece);
}
bool Tokenizer::is_special(int32_t id) const { return impl_->is_special(id); }
int32_t Tokenizer::vocab_size() const { return impl_->size(); }
std::optional<int32_t> Tokenizer::bos() const { return impl_->parts().bos; }
std::optional<int32_t> Tokenizer::eos() const { return impl_->parts().eos; }
std::optional<int32_t> Tokenizer::unknown() const { return impl_->parts().unknown; }
std::string_view Tokenizer::kind() const { return impl_->parts().kind; }

}  // namespace sextant::text
