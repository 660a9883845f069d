#include "sextant/lm/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/lm/language_model.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::HasSubstr;

TEST(Benchmark, MeasuresWhatIsAskedFor) {
  ThreadPool pool(1);
  const Decoder model =
      value_or_throw(load_decoder(test_data::repository("models/stories260k"), {.pool = pool}));
  const auto both = benchmark(model, {.prompt = 8, .generate = 4, .repeat = 2}, {.pool = pool});
  ASSERT_TRUE(both) << both.error().describe();
  EXPECT_GT(both->prompt.median, 0);
  EXPECT_LE(both->prompt.lowest, both->prompt.median);
  EXPECT_LE(both->prompt.median, both->prompt.highest);
  EXPECT_GT(both->read_bytes_per_s, 1e8);
  // 260,032 weights of 4 bytes, 64 norm weights among them; rows are padded to tiles of 16.
  EXPECT_NEAR(static_cast<double>(both->bytes_per_token), 260032 * 4, 30000);
  EXPECT_NEAR(
      both->bandwidth_share,
      static_cast<double>(both->bytes_per_token) * both->decode.median / both->read_bytes_per_s,
      1e-9);
  const auto decode = benchmark(model, {.prompt = 0, .generate = 4, .repeat = 1}, {.pool = pool});
  EXPECT_EQ(decode->prompt.median, 0);
  EXPECT_GT(decode->decode.median, 0);
}

TEST(Benchmark, RefusesEmptyAndOversizedWork) {
  ThreadPool pool(1);
  const Decoder model =
      value_or_throw(load_decoder(test_data::repository("models/stories260k"), {.pool = pool}));
  const auto message = [&](const BenchmarkOptions& o) {
    return benchmark(model, o, {.pool = pool}).error().message;
  };
  EXPECT_THAT(message({.prompt = 0, .generate = 0}), HasSubstr("not both 0"));
  EXPECT_THAT(message({.prompt = 513}), HasSubstr("0 to 512 tokens"));
  EXPECT_THAT(message({.prompt = 1, .repeat = 0}), HasSubstr("repeat: expected 1 to 1000"));
}

}  // namespace
}  // namespace sextant::lm
