// The local cache of huggingface_hub, looked at and never written: nothing here uses the network,
// so HF_HUB_OFFLINE holds without being read.
//
//   $HF_HUB_CACHE, else $HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub, else
//   ~/.cache/huggingface/hub
//     models--ORG--NAME/refs/main               the commit of a revision
//     models--ORG--NAME/snapshots/COMMIT/...    links into blobs/
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::io {

// The folder of the cache, by the environment; it may not exist.
std::filesystem::path hub_cache_folder();

// True for the form "name" or "org/name" with the letters that the hub allows.
bool is_hub_id(std::string_view id);

struct CachedModel {
  std::string id;                  // "org/name"
  std::filesystem::path snapshot;  // of the revision main
};

// Models of the cache that have a snapshot of main, sorted by id.
std::vector<CachedModel> list_hub_cache(const std::filesystem::path& cache);

// The snapshot folder of a model; `revision` is a branch, a tag or a commit.
// Errors: kInvalidArgument (not an id or revision), kNotFound with the command that fetches it.
Result<std::filesystem::path> find_in_hub_cache(const std::filesystem::path& cache,
                                                std::string_view id,
                                                std::string_view revision = "main");

}  // namespace sextant::io
