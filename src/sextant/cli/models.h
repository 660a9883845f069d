// Models by name: those that come with the program, the user's own, and the hub cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::cli {

// A model that the program knows of, whether or not it is here.
struct KnownModel {
  std::string_view name;   // what --model takes
  std::string_view entry;  // file or folder in a model folder
  std::string_view summary;
  std::string_view get;  // the command that fetches it
};

std::span<const KnownModel> known_models();

// The model that commands use where none is named.
inline constexpr std::string_view kDefaultModel = "smollm2-135m";
// The same for sentence vectors.
inline constexpr std::string_view kDefaultEncoder = "all-minilm-l6-v2";

// The same for classes of pictures.
inline constexpr std::string_view kDefaultImageClassifier = "fashion-vit";

// A model that is here.
struct ModelEntry {
  std::string name;  // what --model takes
  std::filesystem::path path;
  std::string origin;  // "bundled", "own" or "hub cache"
  uint64_t bytes = 0;  // of its weight files
};

struct ModelFolder {
  std::filesystem::path path;
  std::string origin;
};

// Where models are looked for. An earlier folder hides the same name in a later one.
struct ModelPlaces {
  std::vector<ModelFolder> folders;
  std::filesystem::path hub_cache;  // of huggingface_hub
};

// $SEXTANT_MODELS, beside the program (a checkout or an installation), then
// $XDG_DATA_HOME/sextant/models; and the hub cache as the environment names it.
ModelPlaces model_places();

// All .gguf files and model folders (with a config.json) of the places, sorted by name.
std::vector<ModelEntry> list_models(const ModelPlaces& places);

// The file or folder of a model: a path that exists, a known or found name, or a hub id
// ("org/name") in the hub cache. Error: kNotFound, with a hint of what to run.
Result<std::filesystem::path> resolve_model(std::string_view model, const ModelPlaces& places);
Result<std::filesystem::path> resolve_model(std::string_view model);

}  // namespace sextant::cli
