#include "sextant/cli/models.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "sextant/base/nearest.h"
#include "sextant/cli/machine.h"
#include "sextant/io/hub_cache.h"

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array kKnown = {
    KnownModel{"smollm2-135m", "smollm2-135m-instruct-q4_1.gguf",
               "SmolLM2-135M-Instruct, 4 bits: the default of generate and chat", "make setup"},
    KnownModel{"all-minilm-l6-v2", "all-minilm-l6-v2",
               "all-MiniLM-L6-v2, sentence vectors: the default of embed", "make setup"},
    KnownModel{"fashion-vit", "fashion-vit",
               "classes of garments in pictures: the default of classify",
               "git checkout -- models/fashion-vit"},
    KnownModel{"micro-gpt-gelu", "micro-gpt-gelu", "GPT-2's form over bytes, trained on novels",
               "git checkout -- models/micro-gpt-gelu"},
    KnownModel{"micro-gpt-swiglu", "micro-gpt-swiglu", "Llama's form over bytes, trained on novels",
               "git checkout -- models/micro-gpt-swiglu"},
    KnownModel{"stories260k", "stories260k", "260,032 parameters, writes children's stories",
               "git checkout -- models/stories260k"},
};

// Weights, by the end of their name.
bool is_weight_file(const fs::path& path) {
  const std::string end = path.extension();
  return end == ".gguf" || end == ".safetensors" || end == ".bin" || end == ".pt" || end == ".pth";
}

uint64_t weight_bytes(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const uint64_t size = fs::file_size(path, error);
    return error ? 0 : size;
  }
  uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (is_weight_file(entry.path()) && entry.is_regular_file(error)) {
      bytes += entry.file_size(error);
    }
  }
  return bytes;
}

bool is_model(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fs::exists(path / "config.json", error);
  }
  return path.extension() == ".gguf" && fs::is_regular_file(path, error);
}

std::string name_of(const fs::path& path) {
  for (const KnownModel& known : kKnown) {
    if (path.filename() == known.entry) {
      return std::string(known.name);
    }
  }
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

// A snapshot of the hub cache is a model folder, or holds one .gguf file.
Result<fs::path> model_in_snapshot(std::string_view id, const fs::path& snapshot) {
  if (is_model(snapshot)) {
    return snapshot;
  }
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(snapshot, error)) {
    if (is_model(entry.path())) {
      files.push_back(entry.path());
    }
  }
  if (files.size() == 1) {
    return files.front();
  }
  return fail_with_hint(
      ErrorCode::kNotFound,
      format("[cli/models] {}: expected a config.json or one .gguf file, found {} .gguf files ({})",
             id, files.size(), snapshot.string()),
      files.empty() ? "" : format("name one of them by its path: {}", files.front().string()));
}

Failure not_found(std::string_view model, const ModelPlaces& places) {
  for (const KnownModel& known : kKnown) {
    if (known.name == model) {
      return fail_with_hint(ErrorCode::kNotFound,
                            format("[cli/models] {}: not on this machine", model),
                            format("`{}` in the checkout of Sextant fetches it", known.get));
    }
  }
  std::vector<std::string> names;
  for (const ModelEntry& entry : list_models(places)) {
    names.push_back(entry.name);
  }
  const auto near = nearest_name(model, names);
  return fail_with_hint(
      ErrorCode::kNotFound,
      format("[cli/models] {}: expected a file, a folder or the name of a model, found none",
             printable(model)),
      near ? format("did you mean {}? `sextant list` shows all", *near)
           : "`sextant list` shows the models of this machine");
}

}  // namespace

std::span<const KnownModel> known_models() { return kKnown; }

ModelPlaces model_places() {
  std::vector<ModelFolder> folders;
  if (const char* set = std::getenv("SEXTANT_MODELS"); set != nullptr && *set != '\0') {
    folders.push_back({set, "own"});
  }
  const fs::path program = program_folder();
  folders.push_back({(program / "../../models").lexically_normal(), "bundled"});
  folders.push_back({(program / "../share/sextant/models").lexically_normal(), "bundled"});
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  if (data != nullptr && *data != '\0') {
    folders.push_back({fs::path(data) / "sextant/models", "own"});
  } else if (home != nullptr && *home != '\0') {
    folders.push_back({fs::path(home) / ".local/share/sextant/models", "own"});
  }
  return {.folders = std::move(folders), .hub_cache = io::hub_cache_folder()};
}

std::vector<ModelEntry> list_models(const ModelPlaces& places) {
  std::vector<ModelEntry> models;
  std::set<std::string> seen;
  for (const ModelFolder& folder : places.folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder.path, error)) {
      const std::string name = name_of(entry.path());
      if (is_model(entry.path()) && seen.insert(name).second) {
        models.push_back({name, entry.path(), folder.origin, weight_bytes(entry.path())});
      }
    }
  }
  for (const io::CachedModel& cached : io::list_hub_cache(places.hub_cache)) {
    const auto path = model_in_snapshot(cached.id, cached.snapshot);
    if (path) {
      models.push_back({cached.id, *path, "hub cache", weight_bytes(*path)});
    }
  }
  std::sort(models.begin(), models.end(),
            [](const ModelEntry& a, const ModelEntry& b) { return a.name < b.name; });
  return models;
}

Result<fs::path> resolve_model(std::string_view model, const ModelPlaces& places) {
  std::error_code error;
  if (!model.empty() && fs::exists(model, error)) {
    return fs::path(model);
  }
  for (const ModelEntry& entry : list_models(places)) {
    if (entry.name == model) {
      return entry.path;
    }
  }
  // "folder/typo" of a folder that is here is a wrong path, not an id.
  const fs::path owner = fs::path(model).parent_path();
  if (!owner.empty() && !fs::exists(owner, error) && io::is_hub_id(model)) {
    SEXTANT_TRY(const fs::path snapshot, io::find_in_hub_cache(places.hub_cache, model));
    return model_in_snapshot(model, snapshot);
  }
  return not_found(model, places);
}

Result<fs::path> resolve_model(std::string_view model) {
  return resolve_model(model, model_places());
}

}  // namespace sextant::cli
