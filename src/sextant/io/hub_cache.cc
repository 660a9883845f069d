#include "sextant/io/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "sextant/io/hf_folder.h"

namespace sextant::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelPrefix = "models--";
constexpr size_t kMaxIdBytes = 96;           // of each half of an id, as the hub has it
constexpr size_t kMaxReferenceBytes = 4096;  // a reference holds one commit: 40 letters

std::optional<fs::path> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    return std::nullopt;
  }
  return fs::path(value);
}

// Letters, digits and "-_.", so that no path can be made of it; "--" separates the parts of a
// folder name in the cache.
bool is_plain(std::string_view part) {
  return !part.empty() && part.size() <= kMaxIdBytes && part.front() != '.' &&
         part.front() != '-' && part.back() != '.' && part.back() != '-' &&
         part.find("..") == part.npos && part.find("--") == part.npos &&
         std::all_of(part.begin(), part.end(), [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
         });
}

// "org/name" as one folder name.
fs::path model_folder(const fs::path& cache, std::string_view id) {
  std::string name(kModelPrefix);
  const size_t slash = id.find('/');
  name += slash == id.npos
              ? std::string(id)
              : std::string(id.substr(0, slash)) + "--" + std::string(id.substr(slash + 1));
  return cache / name;
}

// The snapshot that a revision names: a commit by itself, anything else through refs.
std::optional<fs::path> snapshot_of(const fs::path& model, std::string_view revision) {
  std::string commit(revision);
  if (const auto reference = read_folder_file(model / "refs", revision, kMaxReferenceBytes);
      reference && *reference) {
    commit = **reference;
    commit.erase(commit.find_last_not_of(" \r\n") + 1);
  }
  std::error_code ignored;
  fs::path snapshot = model / "snapshots" / commit;
  if (!is_plain(commit) || !fs::is_directory(snapshot, ignored)) {
    return std::nullopt;
  }
  return snapshot;
}

// "models--org--name" as "org/name"; nothing for other names.
std::optional<std::string> id_of(const std::string& folder) {
  if (!folder.starts_with(kModelPrefix)) {
    return std::nullopt;
  }
  std::string id = folder.substr(kModelPrefix.size());
  if (const size_t separator = id.find("--"); separator != id.npos) {
    id.replace(separator, 2, "/");
  }
  return is_hub_id(id) ? std::optional(id) : std::nullopt;
}

}  // namespace

fs::path hub_cache_folder() {
  if (const auto set = environment("HF_HUB_CACHE")) {
    return *set;
  }
  if (const auto home = environment("HF_HOME")) {
    return *home / "hub";
  }
  if (const auto cache = environment("XDG_CACHE_HOME")) {
    return *cache / "huggingface/hub";
  }
  return environment("HOME").value_or("/") / ".cache/huggingface/hub";
}

bool is_hub_id(std::string_view id) {
  const size_t slash = id.find('/');
  return is_plain(id.substr(0, slash)) && (slash == id.npos || is_plain(id.substr(slash + 1)));
}

std::vector<CachedModel> list_hub_cache(const fs::path& cache) {
  std::vector<CachedModel> models;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(cache, ignored)) {
    const auto id = id_of(entry.path().filename().string());
    const auto snapshot = id ? snapshot_of(entry.path(), "main") : std::nullopt;
    if (snapshot) {
      models.push_back({*id, *snapshot});
    }
  }
  std::sort(models.begin(), models.end(),
            [](const CachedModel& a, const CachedModel& b) { return a.id < b.id; });
  return models;
}

Result<fs::path> find_in_hub_cache(const fs::path& cache, std::string_view id,
                                   std::string_view revision) {
  if (!is_hub_id(id)) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/hub_cache] \"{}\": expected the id of a model as ORG/NAME", printable(id));
  }
  if (!is_plain(revision)) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/hub_cache] \"{}\": expected a branch, a tag or a commit of {}",
                printable(revision), id);
  }
  if (auto snapshot = snapshot_of(model_folder(cache, id), revision)) {
    return std::move(*snapshot);
  }
  return fail_with_hint(
      ErrorCode::kNotFound,
      format("[io/hub_cache] {} ({}): not in the cache {}", id, revision, cache.string()),
      format("`hf download {}{}` of the Python package huggingface_hub fetches it", id,
             revision == "main" ? "" : format(" --revision {}", revision)));
}

}  // namespace sextant::io
