#include "sextant/base/mt19937.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cstring>
#include <string>

#include "sextant/base/json.h"
#include "support/test_data.h"

namespace sextant {
namespace {

using ::testing::HasSubstr;

// FNV-1a over the bytes, as the golden script stores long runs.
std::string fnv(std::span<const std::byte> bytes) {
  uint64_t value = 0xcbf29ce484222325;
  for (std::byte b : bytes) {
    value = (value ^ static_cast<uint64_t>(b)) * 0x100000001b3;
  }
  return format("{:016x}", value);
}

template <class T>
std::string fnv(const std::vector<T>& values) {
  return fnv(std::as_bytes(std::span(values)));
}

class TorchGenerator : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    document_ = value_or_throw(
        parse_json(test_data::read(test_data::repository("tests/parity/rng.json")), "rng.json"));
    golden_ = document_["cases"][static_cast<size_t>(GetParam())];
    seed_ = golden_["seed"].get<uint64_t>();
  }

  Mt19937 fresh() const { return Mt19937(seed_); }

  Json document_;
  Json golden_;
  uint64_t seed_ = 0;
};

template <class T>
std::vector<T> uniform(Mt19937 generator, size_t count) {
  std::vector<T> out(count);
  generator.uniform(std::span(out));
  return out;
}

template <class T>
std::vector<T> normal(Mt19937 generator, size_t count) {
  std::vector<T> out(count);
  generator.normal(std::span(out));
  return out;
}

// All comparisons are exact: the same algorithm with the same roundings (mt19937.h says where).
TEST_P(TorchGenerator, ShortRunsAreBitEqual) {
  Mt19937 generator = fresh();
  for (const Json& value : golden_["random"]) {
    EXPECT_EQ(generator.random() % (1u << 24), value.get<uint32_t>());
  }
  EXPECT_EQ(uniform<float>(fresh(), 4), golden_["rand_f32"].get<std::vector<float>>());
  EXPECT_EQ(uniform<double>(fresh(), 4), golden_["rand_f64"].get<std::vector<double>>());
  for (const auto& [count, values] : golden_["randn_f32"].items()) {
    EXPECT_EQ(normal<float>(fresh(), std::stoul(count)), values.get<std::vector<float>>()) << count;
  }
  for (const auto& [count, values] : golden_["randn_f64"].items()) {
    EXPECT_EQ(normal<double>(fresh(), std::stoul(count)), values.get<std::vector<double>>())
        << count;
  }
}

TEST_P(TorchGenerator, IntegersAndPermutationsAreEqual) {
  for (const Json& entry : golden_["randint"]) {
    std::vector<int64_t> out(entry["values"].size());
    fresh().integers(out, entry["low"].get<int64_t>(), entry["high"].get<int64_t>());
    EXPECT_EQ(out, entry["values"].get<std::vector<int64_t>>()) << entry;
  }
  for (const auto& [count, values] : golden_["randperm"].items()) {
    EXPECT_EQ(fresh().permutation(std::stol(count)), values.get<std::vector<int64_t>>());
  }
}

TEST_P(TorchGenerator, AMillionNumbersAreBitEqual) {
  const auto count = document_["long"].get<size_t>();
  const Json& hashes = golden_["long"];
  Mt19937 generator = fresh();
  std::vector<float> single(count);
  generator.uniform(single);
  EXPECT_EQ(fnv(single), hashes["rand_f32"].get<std::string>());
  generator.normal(single);
  EXPECT_EQ(fnv(single), hashes["randn_f32"].get<std::string>());
  std::vector<double> twice(count);
  generator.normal(twice);
  EXPECT_EQ(fnv(twice), hashes["randn_f64"].get<std::string>());
  EXPECT_EQ(fnv(generator.permutation(100000)), hashes["randperm"].get<std::string>());
}

TEST_P(TorchGenerator, StateHasTheSameBytesAndResumes) {
  Mt19937 generator = fresh();
  std::vector<float> drawn(700);
  generator.normal(std::span(drawn).first(3));
  generator.uniform(drawn);
  const auto state = generator.state();
  EXPECT_EQ(fnv(std::span(state)), golden_["state_hash"].get<std::string>());
  Mt19937 resumed(seed_ + 1);
  ASSERT_TRUE(resumed.set_state(state));
  EXPECT_EQ(resumed.state(), state);
  EXPECT_EQ(normal<float>(resumed, 5), golden_["after_state"].get<std::vector<float>>());
}

INSTANTIATE_TEST_SUITE_P(Seeds, TorchGenerator, ::testing::Range(0, 5));

TEST(Mt19937, StateOfAFreshGeneratorIsAccepted) {
  Mt19937 generator(3);
  Mt19937 other(4);
  ASSERT_TRUE(other.set_state(generator.state()));
  EXPECT_EQ(other.random(), generator.random());
}

TEST(Mt19937, RefusesStatesThatNoGeneratorHas) {
  Mt19937 generator(1);
  const auto good = generator.state();
  auto result = generator.set_state(std::span(good).first(100));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("state: expected 5056 bytes, found 100"));

  const auto with = [&good](size_t offset, int32_t value) {
    auto bytes = good;
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
    return bytes;
  };
  for (const auto& bytes : {with(8, 0), with(8, 625), with(8, -1), with(12, 0), with(16, 9)}) {
    result = generator.set_state(bytes);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("expected a seeded generator"));
  }
  result = generator.set_state(with(28, 1));  // the upper half of the first word
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("expected words of 32 bits"));
  EXPECT_EQ(generator.state(), good);  // unchanged
}

TEST(Mt19937, RefusesEmptyRangesAndHugePermutations) {
  Mt19937 generator(1);
  std::vector<int64_t> out(1);
  EXPECT_THROW(generator.integers(out, 3, 3), SextantError);
  EXPECT_THROW(generator.permutation(int64_t{1} << 31), SextantError);
}

}  // namespace
}  // namespace sextant
