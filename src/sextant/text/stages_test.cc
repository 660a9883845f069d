// Pre-tokenisers and normalisers one by one: hashes of what the reference library makes of the
// hard strings (scripts/goldens/make_tokenizers_byte_level.py).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sextant/text/hf_components.h"
#include "support/tokenizer_data.h"

namespace sextant::text {
namespace {

std::string shown(const std::string& text) { return Json(text).dump(-1, ' ', true).substr(0, 200); }

Pieces split(const TokenizerParts& parts, const std::string& text) {
  Pieces pieces{.text = text, .spans = {}};
  if (!text.empty()) {
    pieces.spans.push_back({0, text.size()});
  }
  for (const auto& stage : parts.pre_tokenizers) {
    stage->apply(pieces);
  }
  return pieces;
}

std::vector<std::string_view> views(const Pieces& pieces) {
  std::vector<std::string_view> out;
  for (const Span& span : pieces.spans) {
    out.push_back(pieces.view(span));
  }
  return out;
}

void expect_same_pieces(const Json& row, const std::vector<std::string>& strings) {
  TokenizerParts parts;
  const auto made = hf::add_pre_tokenizer(row["pre_tokenizer"], parts);
  ASSERT_TRUE(made) << made.error().describe();
  const std::string expected = row["crc16"];
  for (size_t i = 0; i < strings.size(); ++i) {
    const Pieces pieces = split(parts, strings[i]);
    EXPECT_EQ(test_data::crc16(views(pieces)), expected.substr(4 * i, 4))
        << shown(strings[i]) << " -> " << ::testing::PrintToString(views(pieces));
  }
}

void expect_same_text(const Json& row, const std::vector<std::string>& strings) {
  TokenizerParts parts;
  const auto made = hf::add_normalizer(row["normalizer"], parts);
  ASSERT_TRUE(made) << made.error().describe();
  const std::string expected = row["crc16"];
  for (size_t i = 0; i < strings.size(); ++i) {
    std::string text = strings[i];
    normalize(parts.normalizers, text);
    EXPECT_EQ(test_data::crc16(text), expected.substr(4 * i, 4))
        << shown(strings[i]) << " -> " << shown(text);
  }
}

TEST(Stages, EqualThoseOfTheReference) {
  const auto strings = test_data::byte_level_strings();
  int pre_tokenizers = 0;
  int normalizers = 0;
  for (const Json& row : test_data::byte_level_hashes()) {
    if (row.contains("pre_tokenizer")) {
      SCOPED_TRACE(row["pre_tokenizer"].dump());
      expect_same_pieces(row, strings);
      ++pre_tokenizers;
    } else if (row.contains("normalizer")) {
      SCOPED_TRACE(row["normalizer"].dump());
      expect_same_text(row, strings);
      ++normalizers;
    }
  }
  EXPECT_GE(pre_tokenizers, 20);
  EXPECT_GE(normalizers, 12);
}

// Bytes that are not UTF-8: nothing is lost, nothing is cut twice.
TEST(Stages, KeepBytesThatAreNotUtf8) {
  const std::string texts[] = {"a\xFFz", "\x80\x80 \xC3", "\xE6\xBC b\xF0\x9F\x98",
                               "\xED\xA0\x80 1\xFE"};
  for (const Json& row : test_data::byte_level_hashes()) {
    TokenizerParts parts;
    if (row.contains("pre_tokenizer") &&
        row["pre_tokenizer"].dump().find("emoved") == std::string::npos &&
        row["pre_tokenizer"].dump().find("Whitespace") == std::string::npos) {
      ASSERT_TRUE(hf::add_pre_tokenizer(row["pre_tokenizer"], parts));
    } else if (row.contains("normalizer") &&
               row["normalizer"]["type"].get<std::string>().starts_with("NF")) {
      ASSERT_TRUE(hf::add_normalizer(row["normalizer"], parts));
    }
    for (const std::string& text : texts) {
      std::string joined;
      const Pieces pieces = split(parts, text);
      for (const std::string_view piece : views(pieces)) {
        joined += piece;
      }
      EXPECT_EQ(joined, text) << row.dump().substr(0, 200);
      std::string normal = text;
      normalize(parts.normalizers, normal);
      EXPECT_EQ(normal, text);
    }
  }
}

}  // namespace
}  // namespace sextant::text
