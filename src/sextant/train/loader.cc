#include "sextant/train/loader.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "sextant/train/sample_order.h"

namespace sextant::train {
namespace {

constexpr int kMostWorkers = 256;
constexpr int kMostRanks = 1 << 20;

Failure bad_option(std::string_view name, std::string_view expected, int64_t found) {
  return fail(ErrorCode::kInvalidArgument, "[train/loader] {}: expected {}, found {}", name,
              expected, found);
}

Result<void> check(const Dataset& dataset, const LoaderOptions& options) {
  if (options.batch_size < 1) {
    return bad_option("batch_size", "at least 1", options.batch_size);
  }
  if (options.workers < 0 || options.workers > kMostWorkers) {
    return bad_option("workers", format("0 to {}", kMostWorkers), options.workers);
  }
  if (options.ranks < 1 || options.ranks > kMostRanks) {
    return bad_option("ranks", format("1 to {}", kMostRanks), options.ranks);
  }
  if (options.rank < 0 || options.rank >= options.ranks) {
    return bad_option("rank", format("0 to {}", options.ranks - 1), options.rank);
  }
  if (options.start < 0) {
    return bad_option("start", "at least 0", options.start);
  }
  if (options.epochs < 0) {
    return bad_option("epochs", "at least 0", options.epochs);
  }
  if (dataset.size() == 0 || (options.drop_last && dataset.size() < options.batch_size)) {
    return bad_option("data set", options.drop_last ? "at least one full batch" : "a sample",
                      dataset.size());
  }
  return {};
}

}  // namespace

class Loader::Impl {
 public:
  Impl(const Dataset& dataset, const LoaderOptions& options)
      : dataset_(dataset),
        options_(options),
        order_(dataset.size(), options.seed, options.shuffle),
        next_position_(options.start),
        next_to_read_(options.start) {
    for (const FieldSpec& field : dataset.fields()) {
      field_bytes_.push_back(static_cast<size_t>(field.bytes()));
    }
  }

  // Throws std::system_error where the system gives no more threads; those that run are stopped by
  // the destructor.
  void start_workers() {
    for (int i = 0; i < options_.workers; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  int64_t batches_per_epoch() const {
    const int64_t full = dataset_.size() / options_.batch_size;
    const bool part = dataset_.size() % options_.batch_size != 0 && !options_.drop_last;
    return full + (part ? 1 : 0);
  }

  int64_t position() const { return next_position_; }

  Result<std::optional<Batch>> next() {
    if (error_) {
      return Failure(*error_);
    }
    if (next_position_ >= end()) {
      return std::nullopt;
    }
    Result<Batch> batch = threads_.empty() ? read(next_position_) : take();
    if (!batch) {
      error_ = batch.error();
      return Failure(std::move(batch).error());
    }
    ++next_position_;
    return std::optional(std::move(*batch));
  }

 private:
  int64_t end() const {
    constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
    const bool endless = options_.epochs == 0 || options_.epochs > kNever / batches_per_epoch();
    return endless ? kNever : options_.epochs * batches_per_epoch();
  }

  // Waits for the next batch of the workers.
  Result<Batch> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.contains(next_position_); });
    auto node = ready_.extract(next_position_);
    taken_ = next_position_ + 1;
    lock.unlock();
    changed_.notify_all();
    return std::move(node.mapped());
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] {
        return stopping_ || (next_to_read_ < end() && next_to_read_ < window_end());
      });
      if (stopping_) {
        return;
      }
      const int64_t position = next_to_read_++;
      lock.unlock();
      Result<Batch> batch = read(position);
      lock.lock();
      ready_.emplace(position, std::move(batch));
      changed_.notify_all();
    }
  }

  // Positions below this may be read now, so that memory is bounded.
  int64_t window_end() const { return std::max(taken_, options_.start) + options_.workers + 2; }

  Result<Batch> read(int64_t position) {
    try {
      return read_samples(position);
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kResourceExhausted, "[train/loader] batch {}: out of memory",
                  position);
    } catch (const std::exception& error) {
      return fail(ErrorCode::kInternal, "[train/loader] batch {}: {}", position, error.what());
    }
  }

  Result<Batch> read_samples(int64_t position) {
    Batch batch;
    batch.position = position;
    batch.epoch = position / batches_per_epoch();
    const int64_t first = position % batches_per_epoch() * options_.batch_size;
    batch.global_size = std::min(options_.batch_size, dataset_.size() - first);
    const int64_t begin = share(batch.global_size, options_.rank);
    batch.size = share(batch.global_size, options_.rank + 1) - begin;
    for (const size_t bytes : field_bytes_) {
      batch.fields.emplace_back(bytes * static_cast<size_t>(batch.size));
    }
    std::vector<std::span<std::byte>> out(field_bytes_.size());
    for (int64_t i = 0; i < batch.size && !stopping_; ++i) {
      for (size_t f = 0; f < out.size(); ++f) {
        out[f] = std::span(batch.fields[f])
                     .subspan(field_bytes_[f] * static_cast<size_t>(i), field_bytes_[f]);
      }
      const int64_t index = order_.index(batch.epoch, first + begin + i);
      auto done = dataset_.read(index, order_.sample_seed(batch.epoch, index), out);
      if (!done) {
        return with_context(std::move(done).error(),
                            format("sample {}, batch {} of epoch {}", index,
                                   position % batches_per_epoch(), batch.epoch));
      }
    }
    return batch;
  }

  // Where the slice of a rank begins.
  int64_t share(int64_t size, int64_t rank) const {
    return static_cast<int64_t>(static_cast<__int128>(size) * rank / options_.ranks);
  }

  const Dataset& dataset_;
  const LoaderOptions options_;
  const SampleOrder order_;
  std::vector<size_t> field_bytes_;
  int64_t next_position_;       // of the caller's thread
  std::optional<Error> error_;  // of the caller's thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Result<Batch>> ready_;
  int64_t next_to_read_;
  int64_t taken_ = 0;  // positions below are the caller's
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loader::~Loader() = default;

Result<std::unique_ptr<Loader>> Loader::create(const Dataset& dataset, LoaderOptions options) {
  SEXTANT_TRY_VOID(check(dataset, options));
  auto impl = std::make_unique<Impl>(dataset, options);
  try {
    impl->start_workers();
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kResourceExhausted, "[train/loader] {} workers: {}", options.workers,
                error.what());
  }
  return std::unique_ptr<Loader>(new Loader(std::move(impl)));
}

Result<std::optional<Batch>> Loader::next() { return impl_->next(); }
int64_t Loader::batches_per_epoch() const { return impl_->batches_per_epoch(); }
int64_t Loader::position() const { return impl_->position(); }

}  // namespace sextant::train
