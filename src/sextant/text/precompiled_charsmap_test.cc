#include "sextant/text/precompiled_charsmap.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sextant/text/sentencepiece_proto.h"
#include "support/test_data.h"

namespace sextant::text {
namespace {

std::string pack(const std::vector<uint32_t>& units, std::string_view results) {
  const auto size = static_cast<uint32_t>(units.size() * 4);
  std::string blob(4 + size, '\0');
  std::memcpy(blob.data(), &size, 4);
  std::memcpy(blob.data() + 4, units.data(), size);
  return blob.append(results);
}

// The map of T5 and its kin (nmt_nfkc), out of a model trained with it.
std::string nfkc_blob() {
  const std::string model =
      test_data::read(test_data::repository("tests/parity/tokenizers/unigram_nfkc.model"));
  return std::string(value_or_throw(read_sentencepiece_proto(model)).precompiled_charsmap);
}

TEST(PrecompiledCharsmap, FindsTheRulesOfNfkc) {
  const auto map = value_or_throw(PrecompiledCharsmap::parse(nfkc_blob()));
  const std::string text = "x\uFF21\uFB03\u2460\t\u3000";
  EXPECT_EQ(map.longest(text, 0).length, 0u);  // x stays
  EXPECT_EQ(map.longest(text, 1).result, "A");
  EXPECT_EQ(map.longest(text, 1).length, 3u);
  EXPECT_EQ(map.longest(text, 4).result, "ffi");
  EXPECT_EQ(map.longest(text, 7).result, "1");
  EXPECT_EQ(map.longest(text, 10).result, " ");
  EXPECT_EQ(map.longest(text, 11).result, " ");
  // The longest rule takes the mark along, the shortest does not exist for a plain letter.
  EXPECT_EQ(map.longest("e\u0301", 0).result, "\u00E9");
  EXPECT_EQ(map.longest("e\u0301", 0).length, 3u);
  EXPECT_EQ(map.longest("\uFDFA", 0).result.size(), 33u);  // 18 letters of one
}

TEST(PrecompiledCharsmap, EmptyHasNoRules) {
  const auto map = value_or_throw(PrecompiledCharsmap::parse(""));
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.longest("a", 0).length, 0u);
}

TEST(PrecompiledCharsmap, RejectsSizesThatDoNotFit) {
  const auto error = [](const std::string& blob) {
    const auto map = PrecompiledCharsmap::parse(blob);
    return map ? "" : map.error().message;
  };
  EXPECT_EQ(error("abc"),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 3, found 0");
  EXPECT_EQ(error(std::string("\x08\0\0\0abcd", 8)),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 8, found 8");
  EXPECT_EQ(error(std::string("\xFF\xFF\xFF\xFF"
                              "abcd",
                              8)),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 8, found 4294967295");
  EXPECT_EQ(error(std::string("\x03\0\0\0abcd", 8)),
            "[text/charsmap] trie: expected a multiple of 4 bytes that fits 8, found 3");
}

// Every unit and result may be anything: no look-up leaves the blob, goes in circles or gives
// more than a few bytes.
TEST(PrecompiledCharsmap, LooksUpInsideMadeUpMaps) {
  std::vector<uint32_t> circle(256);
  for (uint32_t i = 0; i < 256; ++i) {
    circle[i] = i | 1u << 8;  // each label a leaf whose offset leads back
  }
  const auto map = value_or_throw(PrecompiledCharsmap::parse(pack(circle, std::string(100, 'r'))));
  const std::string text(100'000, 'a');
  const auto match = map.longest(text, 0);
  EXPECT_LE(match.length, 256u);
  EXPECT_LE(match.result.size(), 64u);
  const auto outside =
      value_or_throw(PrecompiledCharsmap::parse(pack({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "x")));
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(outside.longest(std::string(2, static_cast<char>(byte)), 0).length, 0u);
  }
  const auto no_results = value_or_throw(PrecompiledCharsmap::parse(pack(circle, "")));
  EXPECT_EQ(no_results.longest("aa", 0).length, 0u);
}

TEST(PrecompiledNormalizer, GoesByClustersAndThenByCharacters) {
  const PrecompiledNormalizer normalizer(value_or_throw(PrecompiledCharsmap::parse(nfkc_blob())));
  const auto apply = [&](std::string text) {
    normalizer.apply(text);
    return text;
  };
  EXPECT_EQ(apply("caf\uFF25e\u0301"), "cafE\u00E9");
  EXPECT_EQ(apply("a\r\nb"), "a b");  // one cluster, one space
  EXPECT_EQ(apply("\u0915\u094D\u0937\uFF11"), "\u0915\u094D\u09371");
  EXPECT_EQ(apply(""), "");
  EXPECT_EQ(apply(std::string("\0a", 2)), std::string("\0a", 2));
  EXPECT_EQ(apply("\xFF\xFE"), "\xFF\xFE");
}

}  // namespace
}  // namespace sextant::text
