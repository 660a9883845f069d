// Batches of a data set in order, read ahead by background threads.
//
//   SEXTANT_TRY(auto loader, Loader::create(dataset, {.batch_size = 64, .seed = 1, .epochs = 3}));
//   while (true) {
//     SEXTANT_TRY(std::optional<Batch> batch, loader->next());
//     if (!batch) break;
//     ...
//   }
//
// What comes depends on the options alone, never on the number of workers: the same batches from
// any `start`, and the slices of all ranks put together are the batch of one rank. One thread calls
// next(); the data set must outlive the loader. At most `workers` + 2 batches are in memory beside
// the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sextant/train/dataset.h"

namespace sextant::train {

struct LoaderOptions {
  int64_t batch_size = 1;  // samples of all ranks together
  uint64_t seed = 0;       // of the order and of augmentation
  int workers = 1;         // background threads; 0 reads inside next()
  bool shuffle = true;
  bool drop_last = false;  // leave out an epoch's last batch where it is not full
  int rank = 0;            // this process's slice of each batch: [size * rank / ranks, ...)
  int ranks = 1;
  int64_t start = 0;   // batches to leave out: Batch::position of the first one to come
  int64_t epochs = 0;  // end after so many; 0 is endless
};

class Loader {
 public:
  // Errors: kInvalidArgument for an option out of its range, or no batch in an epoch.
  static Result<std::unique_ptr<Loader>> create(const Dataset& dataset, LoaderOptions options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  // Waits for the samples being read, not for their batches.
  ~Loader();

  // The next batch, or nothing behind the last epoch. An error of the data set comes in the place
  // of its batch, with the sample named; it comes again from then on. A slice is empty (size 0)
  // where the batch has fewer samples than there are ranks.
  Result<std::optional<Batch>> next();

  int64_t batches_per_epoch() const;
  // Position of the batch that next() gives.
  int64_t position() const;

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sextant::train
