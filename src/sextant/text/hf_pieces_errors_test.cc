// What the sections of a tokenizer.json must not hold, component by component.
#include <gtest/gtest.h>

#include "sextant/base/json.h"
#include "sextant/text/tokenizer.h"

namespace sextant::text {
namespace {

using Ids = std::vector<int32_t>;

Json pair(const char* text, double score) { return Json::array({text, score}); }

Json unigram() {
  return {{"type", "Unigram"},
          {"unk_id", 0},
          {"vocab", Json::array({pair("<unk>", 0), pair("a", -1), pair("\u2581", -2)})}};
}

std::string error_of(const Json& json) {
  const auto tokenizer = Tokenizer::from_hf_json(json.dump());
  return tokenizer ? "" : tokenizer.error().message;
}

// The message for a document with a good model and one section.
std::string error_with(const char* section, const Json& part) {
  return error_of({{"model", unigram()}, {section, part}});
}

TEST(HfPieces, UnigramRefusesUnknownIdsOutside) {
  Json model = unigram();
  EXPECT_EQ(error_of({{"model", model}}), "");
  model["unk_id"] = 3;
  EXPECT_EQ(error_of({{"model", model}}), "[text/hf_json] \"unk_id\": expected 0 to 2, found 3");
  model["unk_id"] = -1;
  EXPECT_EQ(error_of({{"model", model}}), "[text/hf_json] \"unk_id\": expected 0 to 2, found -1");
  model["unk_id"] = "a";
  EXPECT_NE(error_of({{"model", model}}).find("\"unk_id\": expected an integer"),
            std::string::npos);
  model = unigram();
  model["vocab"].push_back(pair("a", 0));
  EXPECT_EQ(error_of({{"model", model}}),
            "[text/hf_json] model.vocab: expected each piece once, found \"a\" twice");
}

TEST(HfPieces, UnigramWithoutUnknownDropsWhatItLacks) {
  Json model = unigram();
  model["unk_id"] = nullptr;
  const auto tokenizer = value_or_throw(Tokenizer::from_hf_json(Json{{"model", model}}.dump()));
  EXPECT_EQ(tokenizer.encode("xax", {}), (Ids{1}));
  EXPECT_EQ(tokenizer.unknown(), std::nullopt);
}

TEST(HfPieces, PrecompiledRefusesWhatIsNoMap) {
  const auto error = [](const Json& map) {
    return error_with("normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", map}});
  };
  EXPECT_EQ(error(nullptr), "");
  EXPECT_EQ(error(""), "");
  EXPECT_EQ(error("AB!C"),
            "[text/hf_json] precompiled_charsmap: expected base64, found \"!\" at 2");
  EXPECT_EQ(error("/////w=="),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 4, found 4294967295");
  EXPECT_NE(error(3), "");
}

TEST(HfPieces, MetaspaceRefusesOtherSettings) {
  const auto error = [](const char* section, const char* key, const Json& value) {
    return error_with(section, {{"type", "Metaspace"}, {key, value}});
  };
  for (const char* section : {"pre_tokenizer", "decoder"}) {
    EXPECT_EQ(error(section, "prepend_scheme", "first"), "");
    EXPECT_EQ(error(section, "add_prefix_space", false), "");
    EXPECT_EQ(error(section, "prepend_scheme", "last"),
              "[text/hf_json] Metaspace: prepend_scheme: expected always, first or never, found "
              "\"last\"");
    EXPECT_EQ(error(section, "replacement", ""),
              "[text/hf_json] Metaspace: replacement: expected one character, found \"\"");
    EXPECT_NE(error(section, "replacement", 5), "");
  }
  EXPECT_NE(error("pre_tokenizer", "split", "yes"), "");
}

TEST(HfPieces, StripRefusesWhatItCannotDo) {
  const auto error = [](const Json& strip, bool fused) {
    Json list = Json::array();
    if (fused) {
      list.push_back({{"type", "Fuse"}});
    }
    list.push_back(strip);
    return error_with("decoder", {{"type", "Sequence"}, {"decoders", list}});
  };
  const auto strip = [](const char* content, int start, int stop) {
    return Json{{"type", "Strip"}, {"content", content}, {"start", start}, {"stop", stop}};
  };
  EXPECT_EQ(error(strip(" ", 1, 0), true), "");
  EXPECT_EQ(error(strip(" ", 1, 1), false), "");
  EXPECT_EQ(error(strip(" ", 1, 1), true),
            "[text/hf_json] decoder Strip: expected a character and \"stop\" 0 behind Fuse, found "
            "\" \" and 1");
  EXPECT_EQ(error(strip("", 1, 0), false),
            "[text/hf_json] decoder Strip: expected a character, found \"\" and 0");
  EXPECT_EQ(error(strip(" ", -1, 0), false),
            "[text/hf_json] \"start\": expected 0 to 1024, found -1");
  EXPECT_EQ(error(strip(" ", 1, 5000), false),
            "[text/hf_json] \"stop\": expected 0 to 1024, found 5000");
}

TEST(HfPieces, ProcessingRefusesWhatIsNoToken) {
  const auto error = [](const Json& sep) {
    return error_with("post_processor",
                      {{"type", "BertProcessing"}, {"cls", {"a", 1}}, {"sep", sep}});
  };
  EXPECT_EQ(error({"a", 1}), "");
  const std::string expected = "[text/hf_json] post_processor: \"sep\": expected [token, id]";
  EXPECT_EQ(error({"a"}), expected);
  EXPECT_EQ(error({"a", -1}), expected);
  EXPECT_EQ(error({"a", 1e20}), expected);
  EXPECT_EQ(error(nullptr), expected);
  EXPECT_EQ(error({"a", 3000000000u}), expected);
  EXPECT_NE(error({"a", 77}).find("found 77"), std::string::npos);  // no such id
}

TEST(HfPieces, RobertaProcessingFramesAText) {
  const Json json = {{"model", unigram()},
                     {"post_processor",
                      {{"type", "RobertaProcessing"}, {"cls", {"<unk>", 0}}, {"sep", {"a", 1}}}}};
  const auto tokenizer = value_or_throw(Tokenizer::from_hf_json(json.dump()));
  EXPECT_EQ(tokenizer.encode("a", {.add_special = true}), (Ids{0, 1, 1}));
}

TEST(HfPieces, WordPieceRefusesBadLimits) {
  Json model = {{"type", "WordPiece"}, {"vocab", {{"[UNK]", 0}, {"a", 1}}}};
  EXPECT_EQ(error_of({{"model", model}}), "");
  model["max_input_chars_per_word"] = -5;
  EXPECT_NE(error_of({{"model", model}}).find("\"max_input_chars_per_word\": expected 0 to "),
            std::string::npos);
  model["max_input_chars_per_word"] = "x";
  EXPECT_NE(error_of({{"model", model}}), "");
  model = {{"type", "WordPiece"}, {"vocab", Json::array({pair("a", 1)})}};
  EXPECT_EQ(error_of({{"model", model}}),
            "[text/hf_json] model.vocab: expected an object of ids, found a list");
}

TEST(HfPieces, CharBpeRefusesMergesOfNoEntries) {
  Json model = {{"type", "BPE"},
                {"unk_token", "?"},
                {"byte_fallback", true},
                {"vocab", {{"?", 0}, {"a", 1}, {"b", 2}, {"ab", 3}}},
                {"merges", {"a b"}}};
  const auto tokenizer = value_or_throw(Tokenizer::from_hf_json(Json{{"model", model}}.dump()));
  EXPECT_EQ(tokenizer.encode("abx", {}), (Ids{3, 0}));
  EXPECT_EQ(tokenizer.kind(), "SentencePiece BPE");
  model["merges"] = {"a c"};
  EXPECT_EQ(error_of({{"model", model}}),
            "[text/hf_json] model.merges entry 0: expected entries of the vocabulary, found \"c\"");
  model["merges"] = Json::array();
  model["end_of_word_suffix"] = 7;
  EXPECT_NE(error_of({{"model", model}}), "");
}

TEST(HfPieces, BertNormalizerTakesItsSwitches) {
  Json json = {
      {"model", {{"type", "WordPiece"}, {"vocab", {{"[UNK]", 0}, {"\u00C5", 1}, {"a", 2}}}}},
      {"normalizer", {{"type", "BertNormalizer"}, {"lowercase", false}}}};
  EXPECT_EQ(value_or_throw(Tokenizer::from_hf_json(json.dump())).encode("\u00C5", {}), (Ids{1}));
  json["normalizer"]["lowercase"] = true;
  EXPECT_EQ(value_or_throw(Tokenizer::from_hf_json(json.dump())).encode("\u00C5", {}), (Ids{2}));
  json["normalizer"]["strip_accents"] = 3;
  EXPECT_NE(error_of(json), "");
}

TEST(HfPieces, DecodersOfAllKindsLoad) {
  for (const Json& decoder :
       {Json{{"type", "ByteFallback"}}, Json{{"type", "WordPiece"}}, Json{{"type", "BPEDecoder"}},
        Json{{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "b"}},
        Json{{"type", "Replace"}, {"pattern", {{"Regex", "a+"}}}, {"content", "b"}}}) {
    EXPECT_EQ(error_with("decoder", decoder), "") << decoder;
  }
  EXPECT_NE(error_with("decoder", {{"type", "CTC"}}), "");
  EXPECT_NE(error_with("decoder", {{"type", "Replace"}, {"content", "b"}}), "");
}

}  // namespace
}  // namespace sextant::text
