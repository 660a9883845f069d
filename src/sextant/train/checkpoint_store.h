// The checkpoints of a run: folders step-00000100, each whole or not there, with a manifest of
// sizes and hashes, so that a broken one is noticed before it is loaded.
//
//   SEXTANT_TRY(auto checkpoint, store.begin(100));
//   ... files into checkpoint.path() ...
//   SEXTANT_TRY_VOID(checkpoint.commit());
//   store.keep_newest(3);
//
// One process writes at a time. Errors: as io::AtomicFolder; kDataLoss for a broken checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/atomic_folder.h"

namespace sextant::train {

struct Checkpoint {
  int64_t step = 0;
  std::filesystem::path folder;
};

class PendingCheckpoint {
 public:
  explicit PendingCheckpoint(io::AtomicFolder folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& path() const { return folder_.path(); }
  // Writes manifest.json over the files that are there, and gives the folder its name.
  Result<void> commit();

 private:
  io::AtomicFolder folder_;
};

class CheckpointStore {
 public:
  // The folder is made on the first begin().
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // By step, oldest first.
  std::vector<Checkpoint> list() const;

  // The newest one whose files are those of its manifest; broken newer ones are reported to the
  // log.
  std::optional<Checkpoint> newest_sound() const;

  Result<PendingCheckpoint> begin(int64_t step) const;

  // Removes all but the newest `count` (at least 1).
  void keep_newest(int64_t count) const;

 private:
  std::filesystem::path folder_;
};

// Every file of the manifest there, of its size and hash. Error kDataLoss naming the first that is
// not.
Result<void> check_checkpoint(const std::filesystem::path& folder);

}  // namespace sextant::train
