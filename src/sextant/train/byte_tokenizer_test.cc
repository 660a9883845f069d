#include "sextant/train/byte_tokenizer.h"

#include <gtest/gtest.h>

#include "sextant/text/tokenizer.h"

namespace sextant::train {
namespace {

TEST(ByteTokenizer, HasTheBytesForIds) {
  const auto tokenizer = value_or_throw(text::Tokenizer::from_hf_json(byte_tokenizer_json()));
  EXPECT_EQ(tokenizer.vocab_size(), kByteVocabulary);
  std::string text = "The caf\u00e9's 12 \u4e2d\u6587 \U0001F600\n\n  end";
  std::vector<int32_t> expected;
  for (const char byte : text) {
    expected.push_back(static_cast<unsigned char>(byte));
  }
  const auto ids = tokenizer.encode(text, {});
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(tokenizer.decode(ids), text);
}

}  // namespace
}  // namespace sextant::train
