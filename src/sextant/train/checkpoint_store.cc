#include "sextant/train/checkpoint_store.h"

#include <algorithm>
#include <charconv>

#include "sextant/base/json.h"
#include "sextant/base/log.h"
#include "sextant/io/atomic_file.h"
#include "sextant/io/hf_folder.h"
#include "sextant/train/sha256.h"

namespace sextant::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStem = "step-";
constexpr std::string_view kManifest = "manifest.json";

std::optional<int64_t> step_of(const std::string& name) {
  int64_t step = 0;
  if (!name.starts_with(kStem)) {
    return std::nullopt;
  }
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + kStem.size(), end, step);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == end && step >= 0;
  return whole ? std::optional(step) : std::nullopt;
}

Failure broken(const fs::path& folder, std::string_view what) {
  return fail(ErrorCode::kDataLoss, "[train/checkpoint] {}: {}", folder.string(), what);
}

Result<void> check_file(const fs::path& folder, const std::string& name, const Json& entry) {
  const bool plain = name.find('/') == name.npos && name != "..";
  if (!plain || !entry.is_object() || !entry.value("bytes", Json()).is_number_unsigned() ||
      !entry.value("sha256", Json()).is_string()) {
    return broken(folder,
                  format("manifest.json: expected bytes and sha256 of \"{}\"", printable(name)));
  }
  std::error_code error;
  const uint64_t bytes = fs::file_size(folder / name, error);
  if (error) {
    return broken(folder, format("{}: expected by manifest.json, not there", name));
  }
  if (bytes != entry["bytes"].get<uint64_t>()) {
    return broken(folder, format("{}: expected {} bytes, found {}", name,
                                 entry["bytes"].get<uint64_t>(), bytes));
  }
  SEXTANT_TRY(const std::string hash, sha256_of_file(folder / name));
  if (hash != entry["sha256"].get<std::string>()) {
    return broken(folder, format("{}: its SHA-256 is not that of manifest.json", name));
  }
  return {};
}

}  // namespace

Result<void> PendingCheckpoint::commit() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path())) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  OrderedJson list = OrderedJson::object();
  for (const fs::path& file : files) {
    SEXTANT_TRY(std::string hash, sha256_of_file(file));
    list[file.filename().string()] = {{"bytes", fs::file_size(file)}, {"sha256", std::move(hash)}};
  }
  const OrderedJson manifest = {{"format", 1}, {"files", std::move(list)}};
  SEXTANT_TRY_VOID(io::write_file_atomically(path() / kManifest, manifest.dump(2) + "\n"));
  return folder_.commit();
}

std::vector<Checkpoint> CheckpointStore::list() const {
  std::vector<Checkpoint> checkpoints;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (const auto step = step_of(entry.path().filename())) {
      checkpoints.push_back({*step, entry.path()});
    }
  }
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const Checkpoint& a, const Checkpoint& b) { return a.step < b.step; });
  return checkpoints;
}

std::optional<Checkpoint> CheckpointStore::newest_sound() const {
  std::vector<Checkpoint> checkpoints = list();
  while (!checkpoints.empty()) {
    const auto sound = check_checkpoint(checkpoints.back().folder);
    if (sound) {
      return checkpoints.back();
    }
    log(LogLevel::kWarning, "{}; going back to the one before", sound.error().message);
    checkpoints.pop_back();
  }
  return std::nullopt;
}

Result<PendingCheckpoint> CheckpointStore::begin(int64_t step) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  std::string digits = std::to_string(step);
  digits.insert(0, 8 - std::min<size_t>(digits.size(), 8), '0');
  SEXTANT_TRY(auto folder, io::AtomicFolder::create(folder_ / (std::string(kStem) + digits)));
  return PendingCheckpoint(std::move(folder));
}

void CheckpointStore::keep_newest(int64_t count) const {
  const std::vector<Checkpoint> checkpoints = list();
  const int64_t spare = static_cast<int64_t>(checkpoints.size()) - std::max<int64_t>(count, 1);
  for (int64_t i = 0; i < spare; ++i) {
    std::error_code ignored;
    // The manifest goes first: a removal that is cut short leaves no folder that looks whole.
    fs::remove(checkpoints[static_cast<size_t>(i)].folder / kManifest, ignored);
    fs::remove_all(checkpoints[static_cast<size_t>(i)].folder, ignored);
  }
}

Result<void> check_checkpoint(const fs::path& folder) {
  SEXTANT_TRY(const auto text, io::read_folder_file(folder, std::string(kManifest)));
  if (!text) {
    return broken(folder, "expected manifest.json, found none");
  }
  SEXTANT_TRY(const Json manifest, parse_json(*text, (folder / kManifest).string()));
  const Json files = manifest.is_object() ? manifest.value("files", Json()) : Json();
  if (!files.is_object() || files.empty()) {
    return broken(folder, "manifest.json: expected a list of files");
  }
  for (const auto& [name, entry] : files.items()) {
    SEXTANT_TRY_VOID(check_file(folder, name, entry));
  }
  return {};
}

}  // namespace sextant::train
