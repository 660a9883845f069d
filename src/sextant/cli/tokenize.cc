#include <unistd.h>
#include <charconv>
#include <iostream>
#include <iterator>

#include "sextant/base/utf8.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/text_lines.h"
#include "sextant/cli/verbs.h"
#include "sextant/lm/model_files.h"

namespace sextant::cli {
namespace {

// Neighbouring pieces: white text on dark backgrounds.
constexpr std::string_view kBackgrounds[] = {"\x1b[97;48;5;24m", "\x1b[97;48;5;53m",
                                             "\x1b[97;48;5;22m", "\x1b[97;48;5;94m",
                                             "\x1b[97;48;5;60m"};
constexpr std::string_view kReset = "\x1b[0m";
constexpr size_t kWhole = size_t{1} << 30;  // printable() without a limit

// A piece as it can be shown: special tokens by name, broken characters as bytes.
std::string shown(const text::Tokenizer& tokenizer, int32_t id) {
  if (tokenizer.is_special(id)) {
    return std::string(tokenizer.piece(id));
  }
  const std::string bytes = tokenizer.token_bytes(id);
  if (is_valid_utf8(bytes)) {
    return printable(bytes, kWhole);
  }
  std::string hex;
  for (unsigned char byte : bytes) {
    hex += format("\\x{:02x}", byte);
  }
  return hex;
}

std::string pieces_line(const text::Tokenizer& tokenizer, std::span<const int32_t> ids,
                        bool colour) {
  std::string line;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string piece = shown(tokenizer, ids[i]);
    line += colour ? format("{}{}{}", kBackgrounds[i % std::size(kBackgrounds)], piece, kReset)
                   : format("[{}]", piece);
  }
  return line;
}

std::string ids_line(std::span<const int32_t> ids) {
  std::string line;
  for (int32_t id : ids) {
    line += (line.empty() ? "" : " ") + std::to_string(id);
  }
  return line;
}

Error bad_id(const text::Tokenizer& tokenizer, std::string_view found, std::string_view where,
             ErrorCode code) {
  return {.code = code,
          .message = format("[cli/tokenize] {}: expected ids from 0 to {}, found {}", where,
                            tokenizer.vocab_size() - 1, found)};
}

// "1 2,3" to ids.
Result<std::vector<int32_t>> parse_ids(const text::Tokenizer& tokenizer, std::string_view text) {
  std::vector<int32_t> ids;
  const auto is_gap = [](char c) { return c == ' ' || c == ',' || c == '\n' || c == '\t'; };
  while (!text.empty()) {
    if (is_gap(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::find_if(text.begin(), text.end(), is_gap);
    const std::string_view word = text.substr(0, static_cast<size_t>(end - text.begin()));
    int32_t id = -1;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || stop != word.data() + word.size() || id < 0 ||
        id >= tokenizer.vocab_size()) {
      return Failure(
          bad_id(tokenizer, format("\"{}\"", printable(word)), "ids", ErrorCode::kInvalidArgument));
    }
    ids.push_back(id);
    text.remove_prefix(word.size());
  }
  return ids;
}

class Tokenize : public Verb {
 public:
  std::string_view name() const override { return "tokenize"; }
  std::string_view summary() const override { return "Turn text into token ids, or back"; }
  std::string_view description() const override {
    return "Shows the tokens of a text as a model sees them: pieces (coloured on a terminal), ids "
           "and their number. The text is an argument, or standard input. --input reads JSON lines "
           "instead: one {\"text\": ...} a line gives one {\"ids\": [...]} a line; with --decode "
           "the other way round.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant tokenize \"Once upon a time\"", "pieces and ids"},
            {"sextant tokenize --model stories260k --input strings.jsonl --json", "many texts"},
            {"sextant tokenize --decode \"403 407 261 378\" --model stories260k", "ids to text"},
            {"sextant tokenize --json < book.txt | jq '.ids | length'", "count tokens of a file"}};
  }
  void declare(CLI::App& app) override {
    CLI::Option* text =
        app.add_option("TEXT", text_, "The text (with --decode: ids); default: standard input");
    app.add_option("-m,--model", model_, "Model or tokenizer: name, folder or file")
        ->type_name("MODEL");
    app.add_option("-i,--input", input_,
                   "JSON lines with \"text\" (or \"ids\"); - is standard input")
        ->type_name("FILE")
        ->excludes(text);
    app.add_flag("--add-special", encode_.add_special, "Add what the model begins and ends with");
    app.add_flag("--parse-special", encode_.parse_special,
                 "Read control tokens in the text, such as <|im_start|>, as such");
    app.add_flag("--decode", decode_, "Turn ids into text");
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    SEXTANT_TRY(const auto path, resolve_model(model_));
    SEXTANT_TRY(const text::Tokenizer tokenizer, lm::load_tokenizer(path));
    if (!input_.empty()) {
      return run_lines(session, tokenizer);
    }
    if (!text_) {
      text_ = std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    if (decode_) {
      SEXTANT_TRY(const auto ids, parse_ids(tokenizer, *text_));
      const std::string text = tokenizer.decode(ids, true);
      if (json_) {
        print_json(session.out(), {{"text", text}});
      } else {
        session.out().line("{}", text);
      }
      return {};
    }
    print_tokens(session, tokenizer, tokenizer.encode(*text_, encode_));
    return {};
  }

 private:
  void print_tokens(Session& session, const text::Tokenizer& tokenizer,
                    const std::vector<int32_t>& ids) const {
    Output& out = session.out();
    if (json_) {
      OrderedJson pieces = OrderedJson::array();
      for (int32_t id : ids) {
        pieces.push_back(shown(tokenizer, id));
      }
      print_json(out, {{"tokenizer", tokenizer.kind()}, {"ids", ids}, {"pieces", pieces}});
      return;
    }
    out.line("{}", pieces_line(tokenizer, ids, session.colour()));
    out.line("{}", ids_line(ids));
    const double share =
        ids.empty() ? 0 : static_cast<double>(text_->size()) / static_cast<double>(ids.size());
    out.line("{} tokens, {} bytes, {:.2f} bytes a token ({}, {} entries)", ids.size(),
             text_->size(), share, tokenizer.kind(), tokenizer.vocab_size());
  }

  Result<void> run_lines(Session& session, const text::Tokenizer& tokenizer) const {
    return for_each_json_line(input_, "tokenize", [&](const Json& line, const std::string& where) {
      return decode_ ? decode_line(session.out(), tokenizer, line, where)
                     : encode_line(session, tokenizer, line, where);
    });
  }

  Result<void> encode_line(Session& session, const text::Tokenizer& tokenizer, const Json& json,
                           const std::string& where) const {
    SEXTANT_TRY(const std::string text, text_of_line(json, "tokenize", where));
    const auto ids = tokenizer.encode(text, encode_);
    if (json_) {
      print_json_line(session.out(), {{"ids", ids}});
    } else {
      session.out().line("{}", pieces_line(tokenizer, ids, session.colour()));
    }
    return {};
  }

  Result<void> decode_line(Output& out, const text::Tokenizer& tokenizer, const Json& json,
                           const std::string& where) const {
    const auto wrong = [&](const Json& found) {
      return Failure(bad_id(tokenizer,
                            printable(found.dump(-1, ' ', false, Json::error_handler_t::replace)),
                            where, ErrorCode::kDataLoss));
    };
    if (!json.is_object() || !json.contains("ids") || !json["ids"].is_array()) {
      return wrong(json);
    }
    std::vector<int32_t> ids;
    for (const Json& value : json["ids"]) {
      if (!value.is_number_integer() || value < 0 || value >= tokenizer.vocab_size()) {
        return wrong(value);
      }
      ids.push_back(value.get<int32_t>());
    }
    const std::string text = tokenizer.decode(ids, true);
    if (json_) {
      print_json_line(out, {{"text", text}});
    } else {
      out.line("{}", text);
    }
    return {};
  }

  std::optional<std::string> text_;
  std::string model_ = std::string(kDefaultModel);
  std::string input_;
  text::EncodeOptions encode_;
  bool decode_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_tokenize() { return std::make_unique<Tokenize>(); }

}  // namespace sextant::cli
