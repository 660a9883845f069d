#include "sextant/lm/sentence_encoder.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");
const std::vector<std::string> kTexts = {"the cat sat", "a dull film", ""};

struct Copy {
  Copy() {
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      folder.write(name, test_data::read(kTiny / name));
    }
  }
  Result<std::vector<float>> encode() {
    ThreadPool pool(1);
    auto encoder = SentenceEncoder::load(folder.path(), {.pool = pool});
    return encoder ? encoder->encode(kTexts, {.pool = pool}) : Failure(encoder.error());
  }
  void modules(const char* last) {
    folder.write("modules.json", std::string(R"([{"type": "m.Transformer", "path": ""},
                                                 {"type": "m.Pooling", "path": "pool"})") +
                                     last + "]");
  }
  test_data::TempFolder folder;
};

TEST(SentenceEncoder, GivesVectorsOfLengthOne) {
  Copy copy;
  const auto vectors = copy.encode();
  ASSERT_TRUE(vectors) << vectors.error().describe();
  ASSERT_EQ(vectors->size(), 3 * 32U);
  for (size_t i = 0; i < 3; ++i) {
    const auto row = std::span(*vectors).subspan(i * 32, 32);
    double squares = 0;
    for (const float v : row) {
      squares += static_cast<double>(v) * static_cast<double>(v);
    }
    EXPECT_NEAR(squares, 1.0, 1e-6);
  }
}

TEST(SentenceEncoder, DependsNeitherOnThreadsNorOnTheOtherTexts) {
  ThreadPool one(1);
  ThreadPool three(3);
  const auto encoder = value_or_throw(SentenceEncoder::load(kTiny, {.pool = one}));
  const auto all = value_or_throw(encoder.encode(kTexts, {.pool = one}));
  EXPECT_EQ(value_or_throw(encoder.encode(kTexts, {.pool = three})), all);
  for (size_t i = 0; i < kTexts.size(); ++i) {
    const auto alone =
        value_or_throw(encoder.encode(std::span(kTexts).subspan(i, 1), {.pool = one}));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<int64_t>(i) * 32));
  }
}

TEST(SentenceEncoder, FollowsTheModulesOfTheFolder) {
  Copy copy;
  const auto mean = copy.encode();
  copy.modules(R"(, {"type": "m.Normalize", "path": "n"})");
  EXPECT_THAT(copy.encode().error().message, HasSubstr("expected the pooling of modules.json"));
  copy.folder.write("pool/config.json", R"({"pooling_mode_mean_tokens": true})");
  EXPECT_EQ(*copy.encode(), *mean);
  copy.folder.write("pool/config.json", R"({"pooling_mode_cls_token": true})");
  const auto first = copy.encode();
  EXPECT_NE(*first, *mean);
  copy.modules("");
  const auto raw = copy.encode();  // the same direction, another length
  EXPECT_NE(*raw, *first);
  EXPECT_NEAR(cosine(std::span(*raw).first(32), std::span(*first).first(32)), 1.0, 1e-6);
  copy.folder.write("pool/config.json", R"({"pooling_mode_max_tokens": true})");
  EXPECT_EQ(copy.encode().error().code, ErrorCode::kUnsupported);
  copy.modules(R"(, {"type": "m.Dense", "path": "d"})");
  EXPECT_THAT(copy.encode().error().message, HasSubstr("modules.json, module 2"));
}

TEST(Cosine, IsThatOfTheAngle) {
  const std::vector<float> a = {3, 0};
  const std::vector<float> b = {2, 2};
  EXPECT_DOUBLE_EQ(cosine(a, a), 1.0);
  EXPECT_NEAR(cosine(a, b), std::sqrt(0.5), 1e-12);
  EXPECT_EQ(cosine(a, std::vector<float>{0, 0}), 0.0);
  EXPECT_THROW(static_cast<void>(cosine(a, std::vector<float>{1})), SextantError);
}

}  // namespace
}  // namespace sextant::lm
