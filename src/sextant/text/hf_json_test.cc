// What a tokenizer.json must not hold as a whole: document, vocabulary, merges, added tokens, and
// the lists of stages.
#include "sextant/text/hf_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Error error_of_text(std::string_view text) {
  const auto tokenizer = Tokenizer::from_hf_json(text);
  return tokenizer ? Error{.message = ""} : tokenizer.error();
}

std::string error_of(const Json& json) { return error_of_text(json.dump()).message; }

Json bpe() {
  return {{"type", "BPE"},
          {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"c", 3}}},
          {"merges", Json::array({"a b"})}};
}

// The message for a document with a good model and one section.
std::string error_with(const char* section, const Json& part) {
  return error_of({{"model", bpe()}, {section, part}});
}

// The message for a good document whose model has another value of one key.
std::string error_with_model(const char* key, const Json& value) {
  Json model = bpe();
  model[key] = value;
  return error_of({{"model", model}});
}

Tokenizer load(const Json& json) { return value_or_throw(Tokenizer::from_hf_json(json.dump())); }

TEST(HfJson, RefusesDocumentsWithoutAModel) {
  EXPECT_EQ(error_of({{"model", bpe()}}), "");
  const std::string expected = "[text/hf_json] tokenizer.json: expected an object with \"model\"";
  EXPECT_EQ(error_of(Json::object()), expected);
  EXPECT_EQ(error_of(Json::array({1})), expected);
  EXPECT_EQ(error_of({{"model", nullptr}}), expected);
  EXPECT_EQ(error_of({{"model", "BPE"}}), expected);
  EXPECT_THAT(error_of_text("").message, HasSubstr("tokenizer.json"));
  EXPECT_THAT(error_of_text("{\"model\": {").message, HasSubstr("tokenizer.json: not JSON"));
  EXPECT_EQ(error_of_text(std::string(100, '[')).code, ErrorCode::kOutOfRange);
}

TEST(HfJson, RefusesIdsThatAreNone) {
  EXPECT_EQ(error_with_model("vocab", {{"a", -1}}),
            "[text/hf_json] tokenizer.json: model.vocab \"a\": expected an id of 0 to 1999999, "
            "found -1");
  EXPECT_THAT(error_with_model("vocab", {{"a", 2000000}}), HasSubstr("found 2000000"));
  const std::string expected =
      "[text/hf_json] tokenizer.json: model.vocab entry 0: expected \"piece\": id or [piece, "
      "score]";
  for (const Json& id : {Json(1.5), Json("0"), Json(nullptr), Json(true), Json::array({"a"})}) {
    EXPECT_EQ(error_with_model("vocab", {{"a", id}}), expected) << id;
  }
}

TEST(HfJson, RefusesVocabulariesWithGapsOrRepeats) {
  EXPECT_THAT(error_with_model("vocab", {{"a", 0}, {"b", 1}, {"ab", 1}}),
              HasSubstr("model.vocab: expected each id once, found 1 for "));
  EXPECT_EQ(error_with_model("vocab", {{"a", 0}, {"b", 1}, {"ab", 1999999}}),
            "[text/vocabulary] model.vocab: expected ids without large gaps, found 3 entries and "
            "id 1999999");
  // JSON's own duplicate, which many readers resolve silently.
  EXPECT_EQ(error_of_text(R"({"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}})")
                .message,
            "[text/vocabulary] model.vocab: expected each entry once, found \"a\" twice");
  const Tokenizer holes = load(
      {{"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 100}}}, {"merges", Json::array()}}}});
  EXPECT_EQ(holes.vocab_size(), 101);
  EXPECT_EQ(holes.piece(50), "");
  EXPECT_EQ(holes.piece(-1), "");
  EXPECT_EQ(holes.piece(101), "");
}

TEST(HfJson, TakesMergesOfBothSpellings) {
  for (const Json& merge : {Json("a b"), Json::array({"a", "b"})}) {
    Json model = bpe();
    model["merges"] = Json::array({merge});
    EXPECT_THAT(load({{"model", model}}).encode("abcab", {}), ElementsAre(2, 3, 2));
  }
  const std::string expected =
      "[text/hf_json] tokenizer.json: model.merges entry 1: expected \"a b\" or [\"a\", \"b\"]";
  for (const Json& merge :
       {Json("ab"), Json("a b c"), Json(" b"), Json("a "), Json(""), Json(1), Json::array({"a"}),
        Json::array({"a", 1}), Json::array({"", "b"}), Json::object()}) {
    EXPECT_EQ(error_with_model("merges", Json::array({"a b", merge})), expected) << merge;
  }
  EXPECT_EQ(error_with_model("merges", Json::array({"b a"})),
            "[text/hf_json] model.merges entry 0: expected entries of the vocabulary, found "
            "\"ba\"");
}

TEST(HfJson, RefusesModelsItDoesNotKnow) {
  EXPECT_EQ(error_with_model("type", "WordLevel"),
            "[text/hf_json] model: no support for type \"WordLevel\"");
  EXPECT_THAT(error_with_model("type", 1), HasSubstr("\"type\": expected a string"));
  EXPECT_EQ(error_with_model("dropout", 0.1),
            "[text/hf_json] model BPE: no support for dropout 0.1: ids would be random");
  EXPECT_EQ(error_with_model("dropout", 0.0), "");
  EXPECT_THAT(error_with_model("fuse_unk", "yes"),
              HasSubstr("\"fuse_unk\": expected true or false"));
  EXPECT_EQ(error_with_model("vocab", Json::array({Json::array({"a", 0.5})})),
            "[text/hf_json] model.vocab: expected an object of ids, found a list");
}

TEST(HfJson, GuessesTheTypeThatOldFilesLeaveOut) {
  Json model = bpe();
  model.erase("type");
  EXPECT_EQ(load({{"model", model}}).kind(), "SentencePiece BPE");
  model.erase("merges");
  EXPECT_EQ(load({{"model", model}}).kind(), "WordPiece");
  model["vocab"] = Json::array({Json::array({"a", -1.0})});
  EXPECT_EQ(load({{"model", model}}).kind(), "SentencePiece unigram");
}

Json token(const Json& id, const Json& content) { return {{"id", id}, {"content", content}}; }

TEST(HfJson, RefusesAddedTokensThatContradictTheModel) {
  const auto error = [](const Json& one) { return error_with("added_tokens", Json::array({one})); };
  EXPECT_EQ(error(token(4, "<x>")), "");
  EXPECT_EQ(error(token(2, "ab")), "");
  EXPECT_EQ(error(token(1, "ab")),
            "[text/hf_json] tokenizer.json: added token \"ab\": expected id 2, found 1");
  EXPECT_EQ(error(token(65542, "<x>")),
            "[text/hf_json] tokenizer.json: added token \"<x>\": expected id below 65542, found "
            "65542");
  EXPECT_EQ(error(token(-1, "<x>")), "[text/hf_json] tokenizer.json: added token: found id -1");
  EXPECT_EQ(error(token(4, "")), "[text/added_tokens] token 4: expected 1 to 1024 bytes, found 0");
}

TEST(HfJson, RefusesMalformedAddedTokens) {
  const auto error = [](const Json& one) { return error_with("added_tokens", Json::array({one})); };
  EXPECT_THAT(error(token("4", "<x>")), HasSubstr("\"id\": expected an integer"));
  EXPECT_THAT(error(token(4.5, "<x>")), HasSubstr("\"id\": expected an integer"));
  EXPECT_THAT(error(token(4, 7)), HasSubstr("\"content\": expected a string"));
  EXPECT_THAT(error(7), HasSubstr("\"id\": expected an integer"));
  Json one = token(4, "<x>");
  one["lstrip"] = 1;
  EXPECT_THAT(error(one), HasSubstr("\"lstrip\": expected true or false"));
  EXPECT_EQ(error_with("added_tokens", nullptr), "");
  EXPECT_EQ(error_with("added_tokens", Json::object()),
            "[text/hf_json] tokenizer.json: added_tokens: expected a list of at most 200000");
}

TEST(HfJson, AddedTokensGoBeforeTheModel) {
  Json special = token(4, "<s>");
  special["special"] = true;
  const Tokenizer tokenizer =
      load({{"model", bpe()}, {"added_tokens", Json::array({special, token(7, "bc")})}});
  EXPECT_EQ(tokenizer.vocab_size(), 8);
  EXPECT_THAT(tokenizer.encode("abc<s>ab", {.parse_special = true}), ElementsAre(0, 7, 4, 2));
  EXPECT_THAT(tokenizer.encode("<s>", {}), IsEmpty());
  EXPECT_TRUE(tokenizer.is_special(4));
  EXPECT_FALSE(tokenizer.is_special(7));
  EXPECT_EQ(tokenizer.id_of("bc"), 7);
  EXPECT_EQ(tokenizer.decode(std::vector<int32_t>{0, 4, 7}), "abc");
  EXPECT_EQ(tokenizer.decode(std::vector<int32_t>{0, 4, 7}, true), "a<s>bc");
  EXPECT_EQ(tokenizer.token_bytes(7), "bc");
  EXPECT_EQ(tokenizer.token_bytes(4), "");
}

// Each section: not an object, no type, an unknown type, a Sequence without its list, and one too
// deep or too long.
TEST(HfJson, RefusesSectionsOfUnknownShape) {
  const std::tuple<const char*, const char*, const char*> sections[] = {
      {"normalizer", "normalizers", "NFC"},
      {"pre_tokenizer", "pretokenizers", "Whitespace"},
      {"decoder", "decoders", "Fuse"},
      {"post_processor", "processors", ""}};
  for (const auto& [section, list, stage] : sections) {
    const std::string typeless =
        format("[text/hf_json] tokenizer.json: {}: expected an object with a \"type\"", section);
    EXPECT_EQ(error_with(section, 1), typeless);
    EXPECT_EQ(error_with(section, Json::object()), typeless);
    EXPECT_EQ(error_with(section, {{"type", "Nonsense"}}),
              format("[text/hf_json] {}: no support for type \"Nonsense\"", section));
    const std::string listless =
        format("[text/hf_json] {}: Sequence: expected a list \"{}\"", section, list);
    EXPECT_EQ(error_with(section, {{"type", "Sequence"}}), listless);
    EXPECT_EQ(error_with(section, {{"type", "Sequence"}, {list, 1}}), listless);
    EXPECT_EQ(error_with(section, {{"type", "Sequence"}, {list, Json::array({1})}}), typeless);
    if (*stage != '\0') {
      Json many = Json::array();
      for (int i = 0; i < 64; ++i) {
        many.push_back({{"type", stage}});
      }
      EXPECT_EQ(error_with(section, {{"type", "Sequence"}, {list, many}}), "");
      many.push_back({{"type", stage}});
      EXPECT_EQ(error_with(section, {{"type", "Sequence"}, {list, many}}),
                format("[text/hf_json] {}: expected at most 64 stages", section));
    }
  }
}

TEST(HfJson, RefusesNormalizersThatBlowTextUp) {
  const auto replace = [](const Json& pattern, const std::string& content) {
    return Json{{"type", "Replace"}, {"pattern", pattern}, {"content", content}};
  };
  EXPECT_EQ(error_with("normalizer", replace({{"String", "a"}}, std::string(64, 'b'))), "");
  EXPECT_EQ(error_with("normalizer", replace({{"String", "a"}}, std::string(65, 'b'))),
            "[text/hf_json] normalizer: expected text to grow at most 64-fold, found 65-fold");
  EXPECT_EQ(error_with("normalizer", replace({{"String", "aa"}}, std::string(128, 'b'))), "");
  const Json eight = replace({{"Regex", "a"}}, std::string(8, 'b'));
  EXPECT_THAT(error_with("normalizer",
                         {{"type", "Sequence"}, {"normalizers", Json::array({eight, eight})}}),
              HasSubstr("found 81-fold"));
  EXPECT_THAT(error_with("normalizer", {{"type", "Prepend"}, {"prepend", std::string(5000, 'x')}}),
              HasSubstr("expected text to grow at most 64-fold"));
  EXPECT_EQ(error_with("normalizer", replace(1, "b")),
            "[text/hf_json] tokenizer.json: \"pattern\": expected {\"String\": ...} or {\"Regex\": "
            "...}");
  EXPECT_EQ(error_with("normalizer", replace({{"String", ""}}, "b")),
            "[text/regex] pattern: expected a text, found none");
  EXPECT_THAT(error_with("normalizer", replace({{"Regex", "(a"}}, "b")),
              HasSubstr("missing closing parenthesis"));
  EXPECT_THAT(error_with("normalizer", {{"type", "Strip"}, {"strip_left", "yes"}}),
              HasSubstr("\"strip_left\": expected true or false"));
}

TEST(HfJson, RefusesPreTokenizersItCannotFollow) {
  const auto split = [](const Json& behavior) {
    return Json{{"type", "Split"}, {"pattern", {{"String", " "}}}, {"behavior", behavior}};
  };
  EXPECT_EQ(error_with("pre_tokenizer", split("Isolated")), "");
  EXPECT_EQ(error_with("pre_tokenizer", split("Sideways")),
            "[text/hf_json] pre_tokenizer: no support for behavior \"Sideways\"");
  EXPECT_THAT(error_with("pre_tokenizer", split(1)), HasSubstr("\"behavior\": expected a string"));
  const Json behind = {
      {"type", "Sequence"},
      {"pretokenizers", Json::array({{{"type", "ByteLevel"}}, {{"type", "Whitespace"}}})}};
  EXPECT_EQ(error_with("pre_tokenizer", behind),
            "[text/hf_json] pre_tokenizer: no support for \"Whitespace\" behind ByteLevel");
  Json model = bpe();
  model["byte_fallback"] = true;
  EXPECT_EQ(error_of({{"model", model}, {"pre_tokenizer", {{"type", "ByteLevel"}}}}),
            "[text/hf_json] model BPE: no support for byte_fallback with ByteLevel where the "
            "vocabulary lacks bytes");
}

Json special(const char* name) { return {{"SpecialToken", {{"id", name}, {"type_id", 0}}}}; }
Json text_a() { return {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}; }

Json frame(const Json& single, const Json& specials) {
  return {{"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", specials}};
}

Json ids(const Json& list) { return {{"id", "x"}, {"ids", list}, {"tokens", Json::array()}}; }

TEST(HfPostProcessors, TemplatesFrameAText) {
  const Json specials = {{"<s>", ids({2, 1})}, {"</s>", ids({3})}};
  const Json one = frame(Json::array({special("<s>"), text_a(), special("</s>")}), specials);
  const Tokenizer tokenizer = load({{"model", bpe()}, {"post_processor", one}});
  EXPECT_THAT(tokenizer.encode("a", {.add_special = true}), ElementsAre(2, 1, 0, 3));
  EXPECT_THAT(tokenizer.encode("", {.add_special = true}), ElementsAre(2, 1, 3));
  EXPECT_THAT(tokenizer.encode("a", {}), ElementsAre(0));
  // In a sequence the later one stands outside.
  const Json outer = frame(Json::array({special("</s>"), text_a(), special("<s>")}), specials);
  const Json both = {{"type", "Sequence"},
                     {"processors", Json::array({{{"type", "ByteLevel"}}, one, outer})}};
  EXPECT_THAT(load({{"model", bpe()}, {"post_processor", both}}).encode("a", {.add_special = true}),
              ElementsAre(3, 2, 1, 0, 3, 2, 1));
}

TEST(HfPostProcessors, RefuseBrokenTemplates) {
  const std::string prefix = "[text/hf_json] post_processor: TemplateProcessing: ";
  const auto error = [](const Json& single, const Json& specials) {
    return error_with("post_processor", frame(single, specials));
  };
  const Json good = Json::array({special("<s>"), text_a()});
  EXPECT_EQ(error(good, {{"<s>", ids({2})}}), "");
  EXPECT_EQ(error("<s> $A", Json::object()), prefix + "expected a list \"single\"");
  EXPECT_EQ(error(Json::array({special("<s>")}), {{"<s>", ids({2})}}),
            prefix + "\"single\": expected the text \"A\", found none");
  EXPECT_EQ(error(Json::array({text_a(), text_a()}), Json::object()),
            prefix + "\"single\": expected special tokens and one text");
  EXPECT_EQ(error(good, Json::object()), prefix + "special_tokens: expected ids of \"<s>\"");
  EXPECT_EQ(error(good, {{"<s>", {{"ids", 2}}}}),
            prefix + "special_tokens: expected ids of \"<s>\"");
  EXPECT_EQ(error(good, {{"<s>", ids({-2})}}),
            prefix + "special_tokens: \"<s>\": expected ids, found -2");
  EXPECT_EQ(error(good, {{"<s>", ids({4294967296})}}),
            prefix + "special_tokens: \"<s>\": expected ids, found 4294967296");
  EXPECT_EQ(error(good, {{"<s>", ids({4})}}),
            "[text/tokenizer] special token: expected an id of 0 to 3, found 4");
  const Json long_list(std::vector<int>(600, 1));
  EXPECT_EQ(
      error(Json::array({special("<s>"), special("<s>"), text_a()}), {{"<s>", ids(long_list)}}),
      prefix + "expected at most 1024 ids");
}

TEST(HfPostProcessors, LimitTheIdsOfASequence) {
  const Json long_list(std::vector<int>(600, 1));
  const Json one = frame(Json::array({special("<s>"), text_a()}), {{"<s>", ids(long_list)}});
  EXPECT_EQ(error_with("post_processor", one), "");
  EXPECT_EQ(
      error_with("post_processor", {{"type", "Sequence"}, {"processors", Json::array({one, one})}}),
      "[text/hf_json] post_processor: expected at most 1024 ids");
}

}  // namespace
}  // namespace sextant::text
