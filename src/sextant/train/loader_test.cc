#include "sextant/train/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace sextant::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Samples that say what they are: index and seed. Some can be made to fail, or slow.
class CountingDataset : public Dataset {
 public:
  explicit CountingDataset(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  const std::vector<FieldSpec>& fields() const override { return fields_; }
  Result<void> read(int64_t index, uint64_t seed,
                    std::span<const std::span<std::byte>> out) const override {
    reads_.fetch_add(1);
    if (pause.count() > 0) {
      std::this_thread::sleep_for(pause * (index % 3));
    }
    if (index == bad_sample) {
      return fail(ErrorCode::kDataLoss, "[media/png] header: cut (a.png)");
    }
    if (index == hungry_sample) {
      throw std::bad_alloc();
    }
    SEXTANT_CHECK(index != broken_sample, "a mistake");
    const int64_t pair[] = {index, -index};
    std::memcpy(out[0].data(), pair, sizeof pair);
    std::memcpy(out[1].data(), &seed, sizeof seed);
    return {};
  }
  int64_t reads() const { return reads_; }

  int64_t bad_sample = -1, hungry_sample = -1, broken_sample = -1;
  std::chrono::microseconds pause{0};

 private:
  int64_t size_;
  std::vector<FieldSpec> fields_ = {{"pair", DType::kI64, {2}}, {"seed", DType::kU64, {}}};
  mutable std::atomic<int64_t> reads_ = 0;
};

std::vector<int64_t> indices(const Batch& batch) {
  const TensorView view = batch.view(0, {"pair", DType::kI64, {2}});
  const auto pairs = view.as<int64_t>();
  std::vector<int64_t> first;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    EXPECT_EQ(pairs[i + 1], -pairs[i]);
    first.push_back(pairs[i]);
  }
  return first;
}

// Up to `limit` batches.
std::vector<Batch> read_all(const Dataset& dataset, const LoaderOptions& options,
                            size_t limit = 1000) {
  const auto loader = Loader::create(dataset, options).value();
  std::vector<Batch> batches;
  while (batches.size() < limit) {
    auto batch = loader->next();
    if (!batch.value()) break;
    batches.push_back(std::move(**batch));
  }
  return batches;
}

std::vector<std::vector<std::byte>> bytes_of(const std::vector<Batch>& batches) {
  std::vector<std::vector<std::byte>> out;
  for (const Batch& batch : batches) {
    out.insert(out.end(), batch.fields.begin(), batch.fields.end());
  }
  return out;
}

TEST(Loader, GivesEachSampleOnceAnEpoch) {
  const CountingDataset dataset(10);
  const auto batches = read_all(dataset, {.batch_size = 4, .seed = 3, .epochs = 2});
  ASSERT_EQ(batches.size(), 6U);
  std::vector<int64_t> seen;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batches[i].position, static_cast<int64_t>(i));
    EXPECT_EQ(batches[i].epoch, 0);
    EXPECT_EQ(batches[i].size, i == 2 ? 2 : 4);
    EXPECT_EQ(batches[i].global_size, batches[i].size);
    for (const int64_t index : indices(batches[i])) seen.push_back(index);
  }
  EXPECT_THAT(seen, testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(batches[3].epoch, 1);
  EXPECT_NE(indices(batches[0]), indices(batches[3]));
}

TEST(Loader, InOrderAndWithoutTheLastPart) {
  const CountingDataset dataset(10);
  const auto batches =
      read_all(dataset, {.batch_size = 4, .shuffle = false, .drop_last = true, .epochs = 1});
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(indices(batches[0]), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(indices(batches[1]), ElementsAre(4, 5, 6, 7));
}

TEST(Loader, SeedsDifferBetweenEpochsAndSamples) {
  const CountingDataset dataset(3);
  const auto batches = read_all(dataset, {.batch_size = 3, .shuffle = false, .epochs = 2});
  std::vector<uint64_t> seeds(6);
  std::memcpy(seeds.data(), batches[0].fields[1].data(), 24);
  std::memcpy(seeds.data() + 3, batches[1].fields[1].data(), 24);
  std::sort(seeds.begin(), seeds.end());
  EXPECT_EQ(std::unique(seeds.begin(), seeds.end()), seeds.end());
}

TEST(Loader, AnyNumberOfWorkersGivesTheSameBatches) {
  CountingDataset dataset(101);
  const LoaderOptions options = {.batch_size = 8, .seed = 9, .workers = 0, .epochs = 3};
  const auto expected = bytes_of(read_all(dataset, options));
  EXPECT_EQ(expected.size(), 3 * 13 * 2U);
  dataset.pause = std::chrono::microseconds(50);  // workers overtake each other
  for (const int workers : {1, 2, 7, 32}) {
    LoaderOptions with = options;
    with.workers = workers;
    EXPECT_EQ(bytes_of(read_all(dataset, with)), expected) << workers;
  }
}

TEST(Loader, ResumesAnywhere) {
  const CountingDataset dataset(23);
  const LoaderOptions options = {.batch_size = 5, .seed = 4, .workers = 2, .epochs = 3};
  const auto all = read_all(dataset, options);
  ASSERT_EQ(all.size(), 15U);
  for (size_t start = 0; start <= all.size(); ++start) {
    LoaderOptions later = options;
    later.start = static_cast<int64_t>(start);
    const auto rest = read_all(dataset, later);
    ASSERT_EQ(rest.size(), all.size() - start);
    for (size_t i = 0; i < rest.size(); ++i) {
      EXPECT_EQ(rest[i].position, all[start + i].position);
      EXPECT_EQ(rest[i].epoch, all[start + i].epoch);
      EXPECT_EQ(rest[i].fields, all[start + i].fields);
    }
  }
}

TEST(Loader, RanksShareEachBatch) {
  const CountingDataset dataset(11);
  const LoaderOptions options = {.batch_size = 5, .seed = 4, .epochs = 2};
  const auto whole = read_all(dataset, options);
  for (const int ranks : {2, 3, 4}) {
    std::vector<std::vector<int64_t>> joined(whole.size());
    for (int rank = 0; rank < ranks; ++rank) {
      LoaderOptions mine = options;
      mine.rank = rank;
      mine.ranks = ranks;
      const auto slices = read_all(dataset, mine);
      ASSERT_EQ(slices.size(), whole.size());
      for (size_t i = 0; i < slices.size(); ++i) {
        EXPECT_EQ(slices[i].global_size, whole[i].size);
        const auto part = indices(slices[i]);
        joined[i].insert(joined[i].end(), part.begin(), part.end());
      }
    }
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(joined[i], indices(whole[i])) << ranks;
    }
  }
}

TEST(Loader, ErrorsComeInTheirPlaceAndStay) {
  CountingDataset dataset(12);
  dataset.bad_sample = 7;
  for (const int workers : {0, 3}) {
    const auto loader =
        Loader::create(dataset, {.batch_size = 3, .workers = workers, .shuffle = false}).value();
    EXPECT_TRUE(loader->next());
    EXPECT_TRUE(loader->next());
    for (int again = 0; again < 2; ++again) {
      const auto batch = loader->next();
      ASSERT_FALSE(batch);
      EXPECT_EQ(batch.error().code, ErrorCode::kDataLoss);
      EXPECT_EQ(batch.error().describe(),
                "[media/png] header: cut (a.png) (sample 7, batch 2 of epoch 0)");
    }
    EXPECT_EQ(loader->position(), 2);
  }
}

TEST(Loader, ExceptionsOfADataSetAreErrors) {
  CountingDataset dataset(4);
  dataset.hungry_sample = 1;
  auto batch = Loader::create(dataset, {.batch_size = 4}).value()->next();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().message, "[train/loader] batch 0: out of memory");
  dataset.hungry_sample = -1;
  dataset.broken_sample = 1;
  batch = Loader::create(dataset, {.batch_size = 4}).value()->next();
  ASSERT_FALSE(batch);
  EXPECT_THAT(batch.error().message, HasSubstr("a mistake"));
}

TEST(Loader, ReadsAheadWithinItsBound) {
  const CountingDataset dataset(100000);
  const auto loader = Loader::create(dataset, {.batch_size = 2, .workers = 3}).value();
  // They come to the bound, however busy the machine is, and stay there.
  const auto settles_at = [&](int64_t reads) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (dataset.reads() < reads && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return dataset.reads() == reads;
  };
  EXPECT_TRUE(settles_at(2 * (3 + 2))) << dataset.reads();
  ASSERT_TRUE(loader->next());
  EXPECT_TRUE(settles_at(2 * (3 + 2 + 1))) << dataset.reads();
}

TEST(Loader, StopsAtOnce) {
  CountingDataset dataset(100000);
  dataset.pause = std::chrono::milliseconds(1);
  const auto begin = std::chrono::steady_clock::now();
  {
    // A whole batch takes 100 s.
    const auto loader = Loader::create(dataset, {.batch_size = 100000, .workers = 4}).value();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Loader, ManyLoadersComeAndGo) {
  const CountingDataset dataset(64);
  for (int round = 0; round < 200; ++round) {
    const auto loader =
        Loader::create(dataset, {.batch_size = 3, .seed = 1, .workers = 1 + round % 5}).value();
    for (int i = 0; i < round % 7; ++i) {
      ASSERT_TRUE(loader->next());
    }
  }
}

TEST(Loader, RefusesOptionsOutOfRange) {
  const CountingDataset dataset(4);
  const auto message = [&](const LoaderOptions& options) {
    const auto loader = Loader::create(dataset, options);
    return loader ? "accepted" : loader.error().message;
  };
  EXPECT_EQ(message({.batch_size = 0}), "[train/loader] batch_size: expected at least 1, found 0");
  EXPECT_EQ(message({.workers = 300}), "[train/loader] workers: expected 0 to 256, found 300");
  EXPECT_EQ(message({.ranks = 0}), "[train/loader] ranks: expected 1 to 1048576, found 0");
  EXPECT_EQ(message({.rank = 2, .ranks = 2}), "[train/loader] rank: expected 0 to 1, found 2");
  EXPECT_EQ(message({.start = -1}), "[train/loader] start: expected at least 0, found -1");
  EXPECT_EQ(message({.epochs = -1}), "[train/loader] epochs: expected at least 0, found -1");
  EXPECT_EQ(message({.batch_size = 5, .drop_last = true}),
            "[train/loader] data set: expected at least one full batch, found 4");
  EXPECT_EQ(Loader::create(CountingDataset(0), {}).error().message,
            "[train/loader] data set: expected a sample, found 0");
}

}  // namespace
}  // namespace sextant::train
