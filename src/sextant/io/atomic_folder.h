// Folders that are never half written: files go into a temporary folder beside the final name, all
// reach the disk, and only then the folder takes that name. Whoever opens the name sees the old
// folder or the new one, whole, also after kill -9 or a power cut.
//
//   SEXTANT_TRY(auto folder, io::AtomicFolder::create("model"));
//   SEXTANT_TRY_VOID(io::write_safetensors(folder.path() / "model.safetensors", tensors));
//   SEXTANT_TRY_VOID(folder.commit());   // without it the temporary goes, the old folder stays
//
// A killed process can leave its temporary (".NAME.tmp-PID") behind; create() removes those of
// processes that are gone. One thread at a time. Errors: kNotFound (no folder around it),
// kInvalidArgument (the name is a file), kResourceExhausted (disk full), kIo.
#pragma once

#include <filesystem>

#include "sextant/base/error.h"

namespace sextant::io {

class AtomicFolder {
 public:
  static Result<AtomicFolder> create(const std::filesystem::path& path);

  AtomicFolder(AtomicFolder&& other) noexcept;
  AtomicFolder& operator=(AtomicFolder&& other) = delete;
  ~AtomicFolder();

  // Where the files go until commit().
  const std::filesystem::path& path() const { return temporary_; }

  // Syncs every file, then swaps the folder into its place; what was there before is removed. At
  // most once.
  Result<void> commit();

 private:
  AtomicFolder(std::filesystem::path path, std::filesystem::path temporary);

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once committed or moved from
};

}  // namespace sextant::io
