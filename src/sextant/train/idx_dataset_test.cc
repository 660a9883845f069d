#include "sextant/train/idx_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <string>

#include "support/dataset_sample.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::train {
namespace {

using test_data::read_sample;
using test_data::sample;
using test_data::values_of;
using testing::ElementsAre;
using testing::HasSubstr;

std::string idx(const std::vector<uint32_t>& extents, const std::string& values, char type = 8) {
  std::string out = {0, 0, type, static_cast<char>(extents.size())};
  for (const uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out += static_cast<char>(extent >> shift);
    }
  }
  return out + values;
}

std::string parse_message(const std::string& bytes) {
  const auto array = parse_idx(std::as_bytes(std::span(bytes)), "a.idx");
  return array ? "accepted" : array.error().message;
}

// Two pictures of 2 x 3 and their labels.
class IdxFiles : public testing::Test {
 protected:
  IdxOptions options() const {
    return {.images = folder_ / "images", .labels = folder_ / "labels"};
  }
  void write(const std::string& images, const std::string& labels) const {
    folder_.write("images", images);
    folder_.write("labels", labels);
  }
  std::string message(const IdxOptions& options) const {
    const auto set = IdxDataset::open(options);
    return set ? "accepted" : set.error().message;
  }
  test_data::TempFolder folder_;
  const std::string images_ = idx({2, 2, 3}, std::string("\0\x33\x66\x99\xcc\xff", 6) + "abcdef");
  const std::string labels_ = idx({2}, "\x03\x01");
};

TEST_F(IdxFiles, GivesPixelsAndLabels) {
  write(images_, labels_);
  const auto set = IdxDataset::open(options()).value();
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->classes(), 4);
  EXPECT_EQ(set->fields()[0], (FieldSpec{"pixel_values", DType::kF32, {1, 2, 3}}));
  EXPECT_EQ(set->fields()[1], (FieldSpec{"labels", DType::kI64, {}}));
  EXPECT_THAT(sample<float>(*set, 0, 0), ElementsAre(0, 0.2F, 0.4F, 0.6F, 0.8F, 1));
  EXPECT_THAT(sample<int64_t>(*set, 0, 1), ElementsAre(3));
  EXPECT_THAT(sample<int64_t>(*set, 1, 1), ElementsAre(1));
}

TEST_F(IdxFiles, NormalisesAndAugments) {
  write(images_, labels_);
  IdxOptions normal = options();
  normal.pixels = {.flip = 1, .mean = {0.5F}, .std_dev = {0.25F}};
  const auto set = IdxDataset::open(normal).value();
  EXPECT_THAT(sample<float>(*set, 0, 0),
              ElementsAre((0.4F - 0.5F) / 0.25F, (0.2F - 0.5F) / 0.25F, -2, 2,
                          (0.8F - 0.5F) / 0.25F, (0.6F - 0.5F) / 0.25F));
}

TEST_F(IdxFiles, RefusesFilesThatDoNotBelongTogether) {
  write(images_, idx({3}, "abc"));
  EXPECT_THAT(message(options()),
              HasSubstr("[train/idx] labels: expected [2] as there are pictures, found [3] ("));
  write(idx({12}, std::string(12, 'a')), labels_);
  EXPECT_THAT(message(options()), HasSubstr("pictures: expected [n,height,width], found [12]"));
  write(images_, labels_);
  IdxOptions few = options();
  few.classes = 3;
  EXPECT_THAT(message(few), HasSubstr("[train/idx] label 0: expected 0 to 2, found 3 ("));
  few.classes = 10;
  EXPECT_EQ(IdxDataset::open(few).value()->classes(), 10);
  few.pixels.std_dev = {0.0F};
  EXPECT_EQ(message(few), "[train/pixels] std_dev: expected values above 0, found 0");
  few.images = folder_ / "none";
  few.pixels = {};
  EXPECT_EQ(IdxDataset::open(few).error().code, ErrorCode::kNotFound);
}

TEST(Idx, RefusesWrongFiles) {
  EXPECT_EQ(parse_message(idx({2, 2}, "abcd")), "accepted");
  EXPECT_EQ(parse_message(idx({0}, "")), "accepted");
  EXPECT_EQ(parse_message("ab"),
            "[train/idx] magic number: expected two zero bytes, file begins with 2 bytes in all "
            "(a.idx)");
  EXPECT_EQ(parse_message("\x89PNG"),
            "[train/idx] magic number: expected two zero bytes, file begins with others (a.idx)");
  EXPECT_EQ(parse_message(idx({1}, "abcd", 0x0d)),
            "[train/idx] element type: expected 0x08 (unsigned byte), found 0x0d (a.idx)");
  EXPECT_EQ(parse_message(idx({}, "")),
            "[train/idx] extents: expected at least 1 and 4 bytes for them, found 0 extents and 4 "
            "bytes (a.idx)");
  EXPECT_EQ(parse_message(idx({2, 2}, "abc")),
            "[train/idx] values: expected [2,2], file has 3 (a.idx)");
  EXPECT_EQ(parse_message(idx({2, 2}, "abcde")),
            "[train/idx] values: expected [2,2], file has 5 (a.idx)");
  // 2^96 values: the product does not fit.
  EXPECT_THAT(parse_message(idx({0xffffffff, 0xffffffff, 0xffffffff}, "a")),
              HasSubstr("file has 1"));
}

TEST(Idx, RefusesEveryCut) {
  const std::string whole = idx({2, 3}, "abcdef");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(parse_message(whole.substr(0, size)), "accepted") << size;
  }
}

// The package dataset-fashion-mnist; figures of the data set's own paper and of its first picture.
TEST(Idx, ReadsFashionMnist) {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  }
  for (const auto& [part, count] : {std::pair{"train", 60000}, std::pair{"t10k", 10000}}) {
    const auto set =
        IdxDataset::open({.images = folder / (std::string(part) + "-images-idx3-ubyte.gz"),
                          .labels = folder / (std::string(part) + "-labels-idx1-ubyte.gz"),
                          .classes = 10})
            .value();
    EXPECT_EQ(set->size(), count);
    std::vector<int> counts(10);
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      auto fields = read_sample(*set, i).value();
      ++counts.at(static_cast<size_t>(values_of<int64_t>(fields[1])[0]));
      const auto pixels = values_of<float>(fields[0]);
      sum += std::accumulate(pixels.begin(), pixels.end(), 0.0);
    }
    EXPECT_EQ(counts, std::vector<int>(10, count / 10));
    EXPECT_NEAR(sum / (784.0 * count), 0.2860, 0.001);  // the mean that everybody normalises with
  }
}

TEST(Idx, ReplaysItsCorpus) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test_data::repository("tests/fuzz_corpus/idx"))) {
    static_cast<void>(parse_message(test_data::read(entry.path())));
    ++files;
  }
  EXPECT_GT(files, 3);
}

}  // namespace
}  // namespace sextant::train
